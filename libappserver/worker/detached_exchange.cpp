#include "worker/detached_exchange.h"

#include <chrono>
#include <utility>

#include <appserver/abi_body.h>

#include "base/coarse_clock.h"
#include "worker/detached_exchanges.h"

namespace appserver::worker {

DetachedExchange::DetachedExchange(DetachedExchanges& home)
    : home_(home), exchange_(home.ids(), *this) {}

DetachedExchange::~DetachedExchange() = default;

void DetachedExchange::begin(const Incoming& incoming) {
  const std::lock_guard lock(mutex_);
  incoming_.emplace(Incoming{incoming.head, incoming.body, incoming.provenance, incoming.reply,
                             incoming.date, *this, incoming.error_pages, nullptr,
                             incoming.destination});
  may_keep_alive_ = incoming.reply.keep_alive || incoming.may_stay_after_body;
  out_.clear();
  static_cast<void>(exchange_.take_outcome());
  exchange_.begin(*incoming_, out_);
  began_ = coarse_now();
  was_started_ = false;
  is_held_by_app_ = is_held_by_connection_ = is_in_handler_ = is_wanted_ = true;
  is_kept_ = is_cancelled_ = is_resumed_ = has_news_ = is_posted_ = deadline_changed_ = false;
  was_left_ = false;
  deadline_.reset();
  on_cancel_ = reader_ = {};
  piece_ = {};
  is_body_over_ = !incoming.streams_body;
}

DetachedExchange::Access::Access(DetachedExchange* shared) noexcept : shared_(shared) {
  if (shared_ != nullptr) {
    shared_->mutex_.lock();
    if (shared_->is_wanted_) {
      shared_->prepare_answer();
    }
  }
}

DetachedExchange::Access::~Access() {
  if (shared_ != nullptr) {
    shared_->end_access();
    shared_->mutex_.unlock();
  }
}

// What was right when the request came may not be so when it is answered.
void DetachedExchange::prepare_answer() noexcept {
  const auto now = std::chrono::system_clock::now();
  incoming_->date = date_.text(std::chrono::floor<std::chrono::seconds>(now));
  incoming_->reply.keep_alive = may_keep_alive_ && is_body_over_ && !home_.announces_ends();
  was_answered_ = exchange_.is_answered();
  if (!was_answered_ && compression_ == nullptr) {
    compression_ = home_.borrow_compression();
    incoming_->compression = compression_.get();
  }
}

void DetachedExchange::end_access() noexcept {
  if (compression_ != nullptr) {
    incoming_->compression = nullptr;
    home_.give_back(std::move(compression_));
  }
  has_news_ = has_news_ || (is_wanted_ && exchange_.is_answered() && !was_answered_);
  post_if_new();
}

void DetachedExchange::post_if_new() noexcept {
  // A handler that runs has no answer yet, but perhaps another deadline.
  const bool is_due = has_news_ && (!is_in_handler_ || deadline_changed_);
  if (is_due && !is_posted_) {
    is_posted_ = true;
    home_.mailbox().post({this, {}});
  }
}

const appserver_request* DetachedExchange::request(appserver_exchange* kept) noexcept {
  return &Exchange::of(kept).request();
}

void DetachedExchange::release(appserver_exchange* kept) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  self.replace_cancel_callback({});
  const Access access(&self);
  if (self.is_wanted_ && !self.exchange_.is_answered()) {
    self.finish_without_answer(APPSERVER_OK);
  }
  self.is_held_by_app_ = false;
  self.has_news_ = self.has_news_ || self.was_left_;
}

// The app's fault; the client learns no more than that.
void DetachedExchange::finish_without_answer(int result) {
  home_.failures().report(exchange_, result);
  exchange_.answer_with_error(500);
}

int32_t DetachedExchange::is_cancelled(appserver_exchange* kept) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  const std::lock_guard lock(self.mutex_);
  return self.is_cancelled_ ? 1 : 0;
}

void DetachedExchange::on_cancel(appserver_exchange* kept, appserver_callback callback,
                                 void* state) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  self.replace_cancel_callback({callback, state, &self, APPSERVER_CANCELLED});
}

void DetachedExchange::replace_cancel_callback(const AppJob& callback) noexcept {
  AppJob replaced;
  {
    const std::lock_guard lock(mutex_);
    replaced = std::exchange(on_cancel_, callback);
    if (callback.callback != nullptr && is_cancelled_) {
      has_news_ = true;
      post_if_new();
    }
  }
  if (replaced.callback != nullptr) {
    replaced.callback(replaced.state, APPSERVER_NOT_CANCELLED);
  }
}

void DetachedExchange::resume(appserver_exchange* kept) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  const std::lock_guard lock(self.mutex_);
  self.is_resumed_ = self.has_news_ = true;
  self.post_if_new();
}

int32_t DetachedExchange::read_body(appserver_exchange* kept, appserver_callback callback,
                                    void* state) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  const std::lock_guard lock(self.mutex_);
  const bool is_reading = self.reader_.callback != nullptr;
  if (callback == nullptr) {
    self.reader_ = {};
    return is_reading ? APPSERVER_OK : APPSERVER_FAILED;
  }
  if (is_reading || !self.is_wanted_) {
    return APPSERVER_FAILED;
  }
  self.reader_ = {callback, state, &self, APPSERVER_BODY_PIECE};
  self.piece_ = {};
  if (self.is_body_over_) {
    self.tell_reader(APPSERVER_BODY_END);
  } else {
    self.has_news_ = true;
    self.post_if_new();
  }
  return APPSERVER_OK;
}

appserver_str DetachedExchange::body_piece(appserver_exchange* kept) noexcept {
  DetachedExchange& self = *Exchange::of(kept).detached();
  const std::lock_guard lock(self.mutex_);
  return {self.piece_.data(), self.piece_.size()};
}

void DetachedExchange::tell_reader(int32_t result) noexcept {
  AppJob job = std::exchange(reader_, {});
  job.result = result;
  home_.mailbox().post({nullptr, job});
}

bool DetachedExchange::wants_body() noexcept {
  const std::lock_guard lock(mutex_);
  return reader_.callback != nullptr && !is_body_over_ && is_wanted_;
}

void DetachedExchange::give_body(std::string_view piece, bool is_last) noexcept {
  const std::lock_guard lock(mutex_);
  is_body_over_ = is_last;
  piece_ = piece;
  if (reader_.callback != nullptr) {
    tell_reader(piece.empty() ? APPSERVER_BODY_END : APPSERVER_BODY_PIECE);
  }
}

std::optional<TimePoint> DetachedExchange::deadline() noexcept {
  const std::lock_guard lock(mutex_);
  return deadline_;
}

void DetachedExchange::set_deadline(TimePoint at) noexcept {
  deadline_ = at;
  deadline_changed_ = has_news_ = true;
}

bool DetachedExchange::handler_returned() noexcept {
  const std::lock_guard lock(mutex_);
  is_in_handler_ = false;
  if (exchange_.is_answered()) {
    has_news_ = false;
    return true;
  }
  post_if_new();
  return false;
}

bool DetachedExchange::begin_on_pool() noexcept {
  const std::lock_guard lock(mutex_);
  return claim_start() && is_wanted_;
}

void DetachedExchange::handler_returned_on_pool(int result) noexcept {
  const Access access(this);
  if (is_kept_) {
    if (result != APPSERVER_OK) {
      home_.failures().report(exchange_, result);
    }
  } else if (result != APPSERVER_OK || !exchange_.is_answered()) {
    if (is_wanted_ && !exchange_.is_answered()) {
      finish_without_answer(result);
    } else if (result != APPSERVER_OK) {
      home_.failures().report(exchange_, result);
    }
  }
  is_held_by_app_ = is_kept_;
  is_in_handler_ = false;
  has_news_ = true;
}

DetachedExchange::News DetachedExchange::look() noexcept {
  const std::lock_guard lock(mutex_);
  is_posted_ = has_news_ = false;
  News news;
  news.answered = is_wanted_ && !is_in_handler_ && exchange_.is_answered();
  news.resumed = is_resumed_;
  if (std::exchange(deadline_changed_, false)) {
    news.deadline = deadline_;
  }
  return news;
}

bool DetachedExchange::take_resumed() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(is_resumed_, false);
}

Outcome DetachedExchange::take_answer(std::string& out) noexcept {
  const std::lock_guard lock(mutex_);
  is_wanted_ = false;  // A second one is refused.
  if (out.empty()) {
    out.swap(out_);
  } else {
    out.append(out_);
  }
  return exchange_.take_outcome();
}

bool DetachedExchange::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  if (is_wanted_ && !is_in_handler_ && exchange_.is_answered()) {
    return false;
  }
  is_wanted_ = false;
  is_cancelled_ = true;
  return true;
}

AppJob DetachedExchange::take_cancel_callback() noexcept {
  const std::lock_guard lock(mutex_);
  return is_cancelled_ && is_held_by_app_ ? std::exchange(on_cancel_, {}) : AppJob{};
}

bool DetachedExchange::is_in_handler() noexcept {
  const std::lock_guard lock(mutex_);
  return is_in_handler_;
}

ipc::ExchangeFacts DetachedExchange::facts() const noexcept {
  const http::RequestHead& head = incoming_->head;
  return {head.method, head.target, http::value_of(head.fields, "x-request-id"),
          incoming_->provenance.client};
}

std::optional<DetachedExchange::Finished> DetachedExchange::finished() noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);  // Its owner may never run again.
  const bool is_text = lock.owns_lock() && is_wanted_ && !is_in_handler_ &&
                       exchange_.is_answered() && exchange_.is_text();
  return is_text ? std::optional(Finished{out_, keeps_alive() && !exchange_.closes()})
                 : std::nullopt;
}

void DetachedExchange::withdraw() noexcept {
  const std::lock_guard lock(mutex_);
  is_held_by_app_ = is_in_handler_ = false;
}

void DetachedExchange::report(std::string_view why) noexcept {
  const std::lock_guard lock(mutex_);
  home_.failures().report(exchange_, why);
}

bool DetachedExchange::leave(std::unique_ptr<Workbench>& bench) noexcept {
  const std::lock_guard lock(mutex_);
  owner_ = nullptr;
  is_wanted_ = is_held_by_connection_ = false;
  if (!is_held_by_app_) {
    return true;
  }
  was_left_ = true;
  bench_ = std::move(bench);
  return false;
}

bool DetachedExchange::take_end_of_stay() noexcept {
  const std::lock_guard lock(mutex_);
  return !is_held_by_app_ && std::exchange(was_left_, false);
}

}  // namespace appserver::worker
