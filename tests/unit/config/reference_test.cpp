#include "config/reference.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "config/help.h"
#include "support/text_search.h"
#include "unit/config/option_values.h"

using namespace appserver::config;
using appserver::test::contains;

namespace {

// The document in the source tree that this test was compiled from.
std::string document_path() {
  return APPSERVER_CONFIGURATION_REFERENCE;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("Reference: docs/CONFIGURATION.md is what the option table says") {
  if (std::getenv("APPSERVERD_UPDATE_DOCS") != nullptr) {
    std::ofstream(document_path()) << configuration_reference();
  }
  INFO("run this test with APPSERVERD_UPDATE_DOCS=1 in the environment to write it anew");
  const bool is_current = content_of(document_path()) == configuration_reference();
  CHECK(is_current);
}

TEST_CASE("Reference: every option is there under each of its names") {
  const std::string reference = configuration_reference();
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    CHECK(contains(reference, command_line_name(row)));
    CHECK(contains(reference, "| `" + toml_key(row) + "` | `" + environment_name(row) + "` |"));
  }
}

TEST_CASE("Reference: every line of a table has as many cells as its heading") {
  std::size_t bars = 0;
  for (const std::string& line : lines_of(configuration_reference())) {
    if (!line.starts_with('|')) {
      bars = 0;
      continue;
    }
    CAPTURE(line);
    const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    bars = bars == 0 ? count : bars;
    CHECK(count == bars);
  }
}

TEST_CASE("Help: it fits 80 columns and ends without blanks") {
  for (const std::string& line : lines_of(help_text(Options{}))) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("Help: every option is there with its default") {
  const std::string help = help_text(Options{});
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    CHECK(contains(help, command_line_name(row)));
  }
  CHECK(contains(help, "[127.0.0.1:8000]"));
  CHECK(contains(help, "[75s]"));
  CHECK(contains(help, "appserverd --workers 8 app.so"));
}

TEST_CASE("Help: the computed number of workers is explained and shown") {
  Options defaults;
  defaults.workers = 13;
  std::string words;  // Without line breaks and indentation.
  for (const char c : help_text(defaults)) {
    const char shown = c == '\n' ? ' ' : c;
    if (shown != ' ' || !words.ends_with(' ')) {
      words += shown;
    }
  }
  CHECK(contains(words, "[the cgroup's CPU quota, else the cores; here 13]"));
}
