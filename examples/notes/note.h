#pragma once

#include <cstdint>
#include <string>

namespace notes {

// What a client may write.
struct Draft {
  std::string title;
  std::string text;
};

// A draft that is stored, and has a number for good.
struct Note {
  std::int64_t id = 0;
  std::string title;
  std::string text;
};

}  // namespace notes
