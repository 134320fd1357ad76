// The flags of curl that people use, with the real curl: what works there works for most clients.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/body_bytes.h"
#include "support/program_run.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

constexpr int kEmptyReply = 52;  // CURLE_GOT_NOTHING of libcurl-errors(3).

// A server of the app `bodies` with one worker, and curl beside it in a folder with a file.
struct Curled {
  explicit Curled(std::vector<std::string> extra = {})
      : server(server_app("bodies"), 1, with_static(std::move(extra))) {
    write_over(data, content);
  }

  std::vector<std::string> with_static(std::vector<std::string> extra) {
    std::filesystem::create_directory(folder / "www");
    extra.insert(extra.end(), {"--static", "/s=" + (folder / "www").string()});
    return extra;
  }

  // curl with these options for `target` of the server, whatever the user's own settings are
  // (-q, --noproxy). It reports errors as -f does not: a status above 399 is no error.
  [[nodiscard]] ProgramRun run(std::vector<std::string> options, const std::string& target,
                               const std::filesystem::path& input = "/dev/null") const {
    const std::vector<std::string> first{"-q", "--noproxy", "*", "--silent", "--show-error"};
    options.insert(options.begin(), first.begin(), first.end());
    options.push_back("http://127.0.0.1:" + std::to_string(server.address.port) + target);
    return run_program("curl", std::move(options), input);
  }

  // The same for a run that has to succeed. Returns: what curl wrote to standard output.
  std::string output_of(std::vector<std::string> options, const std::string& target,
                        const std::filesystem::path& input = "/dev/null") const {
    const ProgramRun result = run(std::move(options), target, input);
    CAPTURE(result.error);
    CHECK(result.status.code == 0);
    return result.output;
  }

  TemporaryFolder folder;
  RunningServer server;
  // More than a socket takes at once, and more than the 1 MiB from which curl asks with Expect.
  const std::string content = varied(3'000'000);
  const std::filesystem::path data = folder / "www/data.txt";
};

}  // namespace

TEST_CASE("curl: --http1.0 gets a fixed and a streamed body, both up to the end") {
  const Curled curl;
  const std::string fixed = curl.output_of({"--http1.0", "--include"}, "/large?size=200000");
  CHECK(contains(fixed, "\r\nContent-Length: 200000\r\n"));
  CHECK(fixed.ends_with("\r\n\r\n" + std::string(200'000, 'L')));

  const std::string streamed = curl.output_of({"--http1.0", "--include"}, "/pieces?count=3&size=4");
  CHECK_FALSE(contains(streamed, "Transfer-Encoding"));
  CHECK(streamed.ends_with("\r\n\r\naaaabbbbcccc"));
}

TEST_CASE("curl: -T - sends a body in chunks to routes that receive and to those that collect") {
  const Curled curl;
  for (const char* route : {"/counting", "/collected"}) {
    CAPTURE(route);
    const ProgramRun run = curl.run({"--verbose", "-X", "POST", "-T", "-"}, route, curl.data);
    CAPTURE(run.error);
    CHECK(run.status.code == 0);
    CHECK(contains(run.error, "> Transfer-Encoding: chunked"));
    CHECK(run.output == described(curl.content));
    // Nothing at all is a body too.
    CHECK(curl.output_of({"-X", "POST", "-T", "-"}, route) == described(""));
  }
}

TEST_CASE("curl: --continue-at - fetches the rest of a file, or nothing when it has all of it") {
  const Curled curl;
  const std::string copy = curl.folder / "copy";
  const std::vector<std::string> options{"--continue-at", "-",           "--output", copy,
                                         "--write-out",   "%{http_code}"};
  write_over(copy, std::string_view(curl.content).substr(0, 1'000'000));
  CHECK(curl.output_of(options, "/s/data.txt") == "206");
  CHECK((read_file(copy) == curl.content));

  CHECK(curl.output_of(options, "/s/data.txt") == "416");
  CHECK((read_file(copy) == curl.content));
}

TEST_CASE("curl: --range takes one part of a file, its end, or several parts") {
  const Curled curl;
  const std::string_view content = curl.content;
  CHECK(curl.output_of({"--range", "100-299"}, "/s/data.txt") == content.substr(100, 200));
  CHECK(curl.output_of({"--range", "-50"}, "/s/data.txt") == content.substr(content.size() - 50));
  const std::string parts = curl.output_of({"--range", "0-9,1000-1009"}, "/s/data.txt");
  CHECK(contains(parts, "\r\n\r\n" + std::string(content.substr(0, 10)) + "\r\n--"));
  CHECK(contains(parts, "\r\n\r\n" + std::string(content.substr(1000, 10)) + "\r\n--"));
}

TEST_CASE("curl: --compressed gets the same bytes as without it, over fewer bytes") {
  for (const char* coding : {"gzip", "br"}) {
    CAPTURE(coding);
    const Curled curl({"--compress", coding});
    const std::string body = curl.folder / "body";
    const std::vector<std::string> options{"--compressed", "--output", body, "--write-out",
                                           "%{size_download} %header{content-encoding}"};
    for (const char* target : {"/large?size=200000", "/pieces?count=2000&size=100"}) {
      CAPTURE(target);
      CHECK(curl.output_of({"--output", body, "--write-out", "%{size_download}"}, target) ==
            "200000");
      const std::string plain = read_file(body);
      const std::string told = curl.output_of(options, target);
      CHECK(told.ends_with(std::string(" ") + coding));
      CHECK(std::stoul(told) < 100'000);
      CHECK((read_file(body) == plain));
    }
  }
}

TEST_CASE("curl: --expect100-timeout is never waited for when a large body is posted") {
  const Curled curl;
  const std::vector<std::string> options{"--verbose", "--expect100-timeout", "15", "--data-binary",
                                         "@" + curl.data.string()};
  for (const char* route : {"/counting", "/collected"}) {
    CAPTURE(route);
    const ProgramRun run = curl.run(options, route);
    CAPTURE(run.error);
    CHECK(run.status.code == 0);
    CHECK(contains(run.error, "> Expect: 100-continue"));
    CHECK(contains(run.error, "< HTTP/1.1 100 Continue"));
    CHECK(run.output == described(curl.content));
    CHECK(run.duration < 10s);
  }
}

TEST_CASE("curl: a large body that is not wanted is refused before it is sent") {
  const Curled curl({"--limit-request-body", "1M"});
  for (const auto& [route, told] : {std::pair{"/collected", "413 0"}, {"/counting", "403 0"}}) {
    CAPTURE(route);
    const ProgramRun run =
        curl.run({"--expect100-timeout", "15", "--data-binary", "@" + curl.data.string(),
                  "--header", "X-Refuse: yes",  // For the app behind /counting.
                  "--output", "/dev/null", "--write-out", "%{http_code} %{size_upload}"},
                 route);
    CAPTURE(run.error);
    CHECK(run.status.code == 0);
    CHECK(run.output == told);
    CHECK(run.duration < 10s);
  }
}

TEST_CASE("curl: --haproxy-protocol is served by --proxy-protocol, and nothing else is") {
  const Curled curl({"--proxy-protocol"});
  CHECK(curl.output_of({"--haproxy-protocol"}, "/large?size=5") == "LLLLL");
  CHECK(curl.run({}, "/large?size=5").status.code == kEmptyReply);

  const Curled strict;
  CHECK(strict.output_of(
            {"--haproxy-protocol", "--output", "/dev/null", "--write-out", "%{http_code}"},
            "/large?size=5") == "400");
}

TEST_CASE("curl: --unix-socket and --abstract-unix-socket reach a server there") {
  const TemporaryFolder folder;
  const std::string path = folder / "app.sock";
  const std::string name = folder.path().filename();
  const Curled curl({"--bind", "unix:" + path, "--bind", "unix:@" + name});
  CHECK(curl.output_of({"--unix-socket", path}, "/large?size=5") == "LLLLL");
  CHECK(curl.output_of({"--abstract-unix-socket", name}, "/large?size=5") == "LLLLL");
  CHECK(curl.output_of({"--unix-socket", path, "-X", "POST", "-T", "-"}, "/collected", curl.data) ==
        described(curl.content));
}

TEST_CASE("curl: -I shows the header that GET would have, and no body") {
  const Curled curl;
  for (const auto& [target, line] : {std::pair{"/large?size=5", "\r\nContent-Length: 5\r\n"},
                                     {"/s/data.txt", "\r\nContent-Length: 3000000\r\n"},
                                     {"/pieces", "\r\nTransfer-Encoding: chunked\r\n"}}) {
    CAPTURE(target);
    const std::string head = curl.output_of({"-I"}, target);
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(contains(head, line));
    CHECK(head.find("\r\n\r\n") == head.size() - 4);
  }
}

TEST_CASE("curl: -X OPTIONS tells the methods of a path and of the server") {
  const Curled curl;
  const std::string of_path = curl.output_of({"--include", "-X", "OPTIONS"}, "/counting");
  CHECK(of_path.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK(contains(of_path, "\r\nAllow: "));
  CHECK(contains(of_path, "POST"));

  const std::string of_server =
      curl.output_of({"--include", "-X", "OPTIONS", "--request-target", "*"}, "/");
  CHECK(of_server.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK(contains(of_server, "\r\nAllow: "));
}
