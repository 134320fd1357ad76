#include "ctl/command_view.h"

#include "ctl/ctl.h"
#include "ctl/values.h"

namespace appserver::ctl {
namespace {

std::string result_text(const boost::json::object& result, const Style& style) {
  const std::string outcome = text_of(result, "outcome");
  std::string text = colored(outcome, color_of_state(outcome), style);
  if (const std::string generation = text_of(result, "generation");
      !generation.empty() && generation != "0") {
    text += ": generation " + generation;
    if (const std::string release = text_of(result, "release"); release != "0") {
      text += ", release " + release;
    }
  }
  text += " (" + duration_text(number_of(result, "took_seconds")) + ")\n";
  const std::string why = text_of(result, "why");
  return why.empty() ? text : text + why + "\n";
}

}  // namespace

std::string CommandView::take(std::string_view line) {
  const auto news = read_object(line);
  if (!news) {
    return "";
  }
  if (text_of(*news, "event") == "result") {
    has_result_ = true;
    exit_code_ = is_true(*news, "ok")                         ? kReached
                 : text_of(*news, "outcome") == "rolled back" ? kRolledBack
                                                              : kNotReached;
    return result_text(*news, style_);
  }
  const bool has_slot = news->contains("slot") && news->at("slot").is_number();
  return tell_progress(text_of(*news, "what"),
                       has_slot ? static_cast<int>(number_of(*news, "slot")) : -1);
}

std::string CommandView::tell_progress(const std::string& what, int slot) {
  if (slot < 0) {
    drawn_ = 0;  // The slots begin anew below this line.
    slots_.clear();
    return what + "\n";
  }
  if (!redraws_) {
    return "  slot " + std::to_string(slot) + ": " + what + "\n";
  }
  slots_[slot] = what;
  return draw_slots();
}

// Up to the first of their lines, and all of them again.
std::string CommandView::draw_slots() {
  std::string text = drawn_ == 0 ? "" : "\x1b[" + std::to_string(drawn_) + "A";
  for (const auto& [slot, what] : slots_) {
    text += "\x1b[2K  slot " + std::to_string(slot) + ": " + what + "\n";
  }
  drawn_ = slots_.size();
  return text;
}

}  // namespace appserver::ctl
