#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Request;
using appserver::text;

// Counts the allocations of this executable. The counter is a global because operator new is.
namespace {
std::size_t allocation_count = 0;
}

void* operator new(std::size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
// std::stable_sort asks for its buffer like that.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocation_count;
  return std::malloc(size);
}
// Not inlined, or the compiler takes std::free() for a match of an operator new that it did not
// inline, and warns.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

std::int32_t take_and_forget(appserver_exchange*, const appserver_response* response) {
  return response->status == 200 ? APPSERVER_OK : APPSERVER_FAILED;
}

// How many allocations one request for `path` makes inside the app.
std::size_t allocations_for(LoadedApp& app, std::string_view path) {
  app.host().table().respond = &take_and_forget;
  appserver_request request{};
  request.size = sizeof(request);
  request.method = {"GET", 3};
  request.path = {path.data(), path.size()};
  appserver_exchange exchange;
  const appserver_app& d = *app.description();
  const std::size_t before = allocation_count;
  const std::int32_t result = d.handle(d.state, &exchange, &request);
  const std::size_t made = allocation_count - before;
  CHECK(result == APPSERVER_OK);
  return made;
}

}  // namespace

TEST_CASE("Allocation: routing and a short text allocate nothing") {
  LoadedApp app([](App& a) {
    a.get("/", says("Hello, World!"));
    a.get("/users/{id}/posts/{post*}", [](const Request& r) { return text(r.param("id")); });
  });
  CHECK(allocations_for(app, "/") == 0);
  CHECK(allocations_for(app, "/users/7/posts/2024/05/a-rather-long-title-of-a-post") == 0);
}

TEST_CASE("Allocation: a path with escapes allocates, so the counter works") {
  LoadedApp app([](App& a) { a.get("/{id}", says("x")); });
  CHECK(allocations_for(app, "/a-rather-long-segment%20that-does-not-fit") > 0);
}
