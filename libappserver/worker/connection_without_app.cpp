// Answers of the server itself: probes, files of --static, and paths that no app has.

#include <array>
#include <utility>

#include "http/error_body.h"
#include "http/grammar.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {

bool Connection::is_answered_without_app() const {
  const http::RequestHead& head = bench_->parser.head();
  return serving_.rules.is_answered_without_app(head) || !serving_.places.has_place_for(head);
}

Connection::Turn Connection::answer_without_app() {
  const std::string_view path = bench_->parser.head().path;
  if (serving_.rules.health.matches(path)) {
    return answer_with_health();
  }
  return serving_.rules.static_files.matches(path) ? answer_with_static_file() : answer_no_app();
}

Connection::Turn Connection::answer_with_health() {
  const http::RequestHead& head = bench_->parser.head();
  const bool keep_alive = may_keep_alive();
  const http::Reply reply{head.method == "HEAD", head.minor_version, keep_alive};
  const http::Response response = serving_.rules.health.answer(head, serving_.server_is_draining());
  http::append_response(serving_.batch->out, response, reply, serving_.date_text());
  Outcome outcome;
  outcome.status = response.status;
  outcome.body_bytes = reply.head_request ? 0 : response.body.size();
  return conclude(std::move(outcome), keep_alive);
}

Connection::Turn Connection::answer_with_static_file() {
  const http::RequestHead& head = bench_->parser.head();
  const bool keep_alive = may_keep_alive();
  FileAnswer answer = *serving_.rules.static_files.answer(head);
  if (!answer.reason.empty()) {  // A refusal, told like all others.
    http::ErrorBody body = http::render_error(answer.status, answer.reason, http::accept_of(head),
                                              serving_.rules.error_pages);
    std::erase_if(answer.fields, [](const OwnedField& field) {
      return http::equals_lower(field.name, "content-type");
    });
    answer.fields.push_back({"Content-Type", std::string(body.content_type)});
    answer.fields.push_back({"Vary", "Accept"});
    answer.content_length = body.content.size();
    answer.text = std::move(body.content);
  }
  const http::Reply reply{head.method == "HEAD", head.minor_version, keep_alive};
  append_file_head(serving_.batch->out, answer, reply, serving_.date_text());
  Outcome outcome;
  outcome.status = answer.status;
  outcome.body_bytes = reply.head_request ? 0 : answer.text.size();
  if (!answer.pieces.empty() && !reply.head_request) {
    outcome.body.emplace<FileAnswer>(std::move(answer));
  }
  return conclude(std::move(outcome), keep_alive);
}

// No app is mounted there.
Connection::Turn Connection::answer_no_app() {
  const http::RequestHead& head = bench_->parser.head();
  const bool keep_alive = may_keep_alive();
  const http::ErrorBody body =
      http::render_error(404, "", http::accept_of(head), serving_.rules.error_pages);
  const std::array fields{http::Field{"Content-Type", body.content_type},
                          http::Field{"Vary", "Accept"}};
  http::append_response(serving_.batch->out, {404, fields, body.content},
                        {head.method == "HEAD", head.minor_version, keep_alive},
                        serving_.date_text());
  Outcome outcome;
  outcome.status = 404;
  outcome.body_bytes = head.method == "HEAD" ? 0 : body.content.size();
  return conclude(std::move(outcome), keep_alive);
}

}  // namespace appserver::worker
