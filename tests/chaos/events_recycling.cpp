// Workers that are replaced because they have served long enough.
#include "chaos/event.h"
#include "chaos/scene.h"

namespace appserver::chaos {
namespace {

constexpr std::string_view kRecycled = "a worker is recycled";

}  // namespace

void add_recyclings(std::vector<Event>& events) {
  events.push_back({"recycling by requests",
                    [](Scene& scene) { scene.hear(kRecycled, scene.times(100, 8)); },
                    {},
                    {.options = {"--max-requests", "500", "--max-requests-jitter", "200"}}});
  events.push_back({"recycling by lifetime",
                    [](Scene& scene) { scene.hear(kRecycled, scene.times(20, 4)); },
                    {},
                    {.options = {"--max-lifetime", "1s"}}});
}

}  // namespace appserver::chaos
