#pragma once

#include <string>
#include <string_view>

// Names: those that we give to files, and those that clients give, which never become a path.
namespace upload {

// A new name of ours: 32 hexadecimal digits that nobody can guess.
// Errors: throws std::system_error when the kernel gives no random bytes.
[[nodiscard]] std::string new_id();

// Whether `text` has the form of such a name, so that it can be used in a path.
[[nodiscard]] bool is_id(std::string_view text) noexcept;

// What is kept of the name that a client gave: its last component as UTF-8, without control bytes
// and marks that turn the direction of writing ("exe.jpg" could be shown for "gpj.exe"), at most
// 255 bytes. Bytes that are not UTF-8 become U+FFFD. "unnamed" when nothing is left.
[[nodiscard]] std::string kept_name(std::string_view given);

// The Content-Disposition that has browsers save a file under that name, whatever is in it:
// for old ones in ASCII, for all others as RFC 8187 has it (RFC 6266 section 4.3, appendix D).
[[nodiscard]] std::string attachment(std::string_view name);

}  // namespace upload
