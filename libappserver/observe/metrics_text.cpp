// The form for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "ipc/tally.h"
#include "observe/server_report.h"

namespace appserver::observe {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Buckets for people; the finer ones of the scoreboard would be 64 lines. Each is the end of one of
// those.
constexpr std::size_t kBucketsPerLine = 4;

std::string number(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.15g", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

class Exposition {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    text_.append(name).append(" ").append(type).append("\n");
  }
  void add(Labels labels, std::string_view value, std::string_view suffix = "") {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [key, content] : labels) {
      text_ += before;
      text_.append(key).append("=\"");
      append_escaped(content);
      text_ += '"';
      before = ',';
    }
    text_.append(labels.size() > 0 ? "} " : " ").append(value).append("\n");
  }
  void add(Labels labels, std::uint64_t value, std::string_view suffix = "") {
    add(labels, std::to_string(value), suffix);
  }
  std::string take() { return std::move(text_); }

 private:
  void append_escaped(std::string_view content) {
    for (const char c : content) {
      if (c == '\\' || c == '"') {
        text_ += '\\';
      }
      text_ += c == '\n' ? ' ' : c;
    }
  }

  std::string_view name_;
  std::string text_;
};

void add_workers(Exposition& out, const ServerReport& report) {
  const auto count = [&report](ipc::WorkerState state) {
    return static_cast<std::uint64_t>(
        std::count_if(report.slots.begin(), report.slots.end(),
                      [state](const SlotReport& slot) { return slot.state == state; }));
  };
  out.begin("appserver_workers", "gauge", "Worker processes.");
  out.add({{"state", "starting"}}, count(ipc::WorkerState::Starting));
  out.add({{"state", "serving"}}, count(ipc::WorkerState::Serving));
  out.add({{"state", "draining"}}, count(ipc::WorkerState::Draining));
  out.begin("appserver_workers_wanted", "gauge", "Slots.");
  out.add({}, std::uint64_t{report.server.workers});
  std::uint64_t connections = 0;
  for (const SlotReport& slot : report.slots) {
    connections += slot.connections;
  }
  out.begin("appserver_connections", "gauge", "Open connections of all workers.");
  out.add({}, connections);
}

// The tally knows no sum of times: it is estimated by the middle of each bucket.
void add_times(Exposition& out, const std::vector<std::uint64_t>& times) {
  using Seconds = std::chrono::duration<double>;
  out.begin("appserver_request_duration_seconds", "histogram",
            "Times of the handlers; their sum is an estimate.");
  std::uint64_t below = 0;
  double sum = 0;
  double begin = 0;
  for (std::size_t i = 0; i < times.size() && i < ipc::kTimeBuckets; ++i) {
    const double end = Seconds(ipc::end_of_bucket(i)).count();
    below += times[i];
    sum += static_cast<double>(times[i]) * (begin + end) / 2;
    begin = end;
    // The last bucket has no end.
    if (i % kBucketsPerLine == kBucketsPerLine - 1 && i + 1 < ipc::kTimeBuckets) {
      out.add({{"le", number(end)}}, below, "_bucket");
    }
  }
  out.add({{"le", "+Inf"}}, below, "_bucket");
  out.add({}, number(sum), "_sum");
  out.add({}, below, "_count");
}

void add_counts(Exposition& out, std::string_view label, const std::vector<std::string>& names,
                const std::vector<std::uint64_t>& counts) {
  for (std::size_t i = 0; i < names.size() && i < counts.size(); ++i) {
    out.add({{label, names[i]}}, counts[i]);
  }
}

}  // namespace

std::string metrics_text(const ServerReport& report) {
  const ipc::CountFacts& counts = report.counts;
  Exposition out;
  add_workers(out, report);
  out.begin("appserver_requests_total", "counter", "Requests that the app answered.");
  out.add({}, counts.requests);
  out.begin("appserver_request_errors_total", "counter", "Those of them that it answered 5xx.");
  out.add({}, counts.errors);
  add_times(out, counts.times);
  out.begin("appserver_worker_exits_total", "counter", "Workers that ended.");
  add_counts(out, "reason", counts.exit_reasons, counts.exits);
  out.begin("appserver_deploys_total", "counter", "Deploys, reloads and rollbacks that ended.");
  add_counts(out, "result", counts.outcomes, counts.deploys);
  out.begin("appserver_generation_info", "gauge", "1 for each generation.");
  for (const ipc::GenerationFacts& each : report.generations) {
    out.add({{"generation", std::to_string(each.generation)},
             {"release", std::to_string(each.release)},
             {"state", each.state}},
            1);
  }
  out.begin("appserver_start_time_seconds", "gauge", "When the server started, since the epoch.");
  out.add({}, number(static_cast<double>(report.server.started_at) / 1000));
  return out.take();
}

}  // namespace appserver::observe
