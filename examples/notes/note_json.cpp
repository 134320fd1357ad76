#include "note_json.h"

#include <boost/json.hpp>

#include <appserver/response.hpp>

namespace notes {
namespace {

namespace json = boost::json;
using appserver::HttpError;

json::object parse_object(std::string_view body) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error) {
    throw HttpError(400, "the body is not JSON: " + error.message());
  }
  if (!value.is_object()) {
    throw HttpError(422, "the body must be a JSON object with \"title\" and \"text\"");
  }
  return value.get_object();
}

std::string parse_field(const json::object& object, const char* name, std::size_t max_bytes) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    throw HttpError(422, std::string("\"") + name + "\" is missing or is no string");
  }
  const json::string& text = value->get_string();
  if (text.size() > max_bytes) {
    throw HttpError(422, std::string("\"") + name + "\" is longer than " +
                             std::to_string(max_bytes) + " bytes");
  }
  return std::string(text.begin(), text.end());
}

json::object to_object(const Note& note) {
  return {{"id", note.id}, {"title", note.title}, {"text", note.text}};
}

}  // namespace

Draft parse_draft(std::string_view body) {
  const json::object object = parse_object(body);
  Draft draft{parse_field(object, "title", kMaxTitleBytes),
              parse_field(object, "text", kMaxTextBytes)};
  if (draft.title.empty()) {
    throw HttpError(422, "\"title\" is empty");
  }
  return draft;
}

std::string to_json(const Note& note) {
  return json::serialize(to_object(note));
}

std::string to_json(const std::vector<Note>& page) {
  json::array items;
  for (const Note& note : page) {
    items.push_back(to_object(note));
  }
  return json::serialize(json::object{{"notes", std::move(items)}});
}

}  // namespace notes
