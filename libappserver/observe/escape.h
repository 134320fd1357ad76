#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text from clients, apps and file names enters a log only through these functions, so that it can
// neither forge a record nor send a command to the terminal that shows the log. All are pure. [any]
namespace appserver::observe {

// How many bytes the character at the front of `text` takes when it may stand in a log as it is:
// 1 for printable ASCII, 2 to 4 for well-formed UTF-8 (RFC 3629). 0 when the first byte must be
// escaped: a control byte, DEL, ill-formed UTF-8, or a character that changes how the line around
// it is shown (C1 controls, line and paragraph separators, bidirectional controls). Requires:
// `text` is not empty.
[[nodiscard]] std::size_t printable_length(std::string_view text) noexcept;

// Whether the double quote is escaped: inside quotes it must be, in running text it only disturbs.
enum class Quotes { Escape, Keep };

// Appends `text` to `out` as one line of valid UTF-8. \n, \r and \t keep their short names, other
// bytes that may not stand in a log become \xNN, a backslash becomes \\ and a quote becomes \".
// Errors: std::bad_alloc; `out` is then valid but incomplete.
void append_escaped(std::string& out, std::string_view text, Quotes quotes = Quotes::Escape);

// Appends `byte` as \xNN with capital digits, as nginx does.
void append_hex_escape(std::string& out, unsigned char byte);

}  // namespace appserver::observe
