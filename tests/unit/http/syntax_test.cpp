#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "http/block_scanner.h"
#include "http/chunk_syntax.h"
#include "http/grammar.h"
#include "http/host_syntax.h"
#include "http/target_syntax.h"

using namespace appserver::http;
using namespace std::string_view_literals;

TEST_CASE("is_authority: accepts names, addresses and ports") {
  for (const auto text : {"a"sv, "a.example"sv, "A-b_c~d"sv, "127.0.0.1"sv, "127.0.0.1:8080"sv,
                          "a:"sv, "a:0"sv, "a:65535"sv, "a:00080"sv, "[::1]"sv, "[::1]:80"sv,
                          "[2001:db8::ffff:1.2.3.4]"sv, "a%20b"sv, "a!$&'()*+;=b"sv, "xn--4ca"sv}) {
    INFO(text);
    CHECK(is_authority(text));
  }
}

TEST_CASE("is_authority: refuses everything else") {
  for (const auto text : {""sv,
                          ":80"sv,
                          "a:b"sv,
                          "a:-1"sv,
                          "a:65536"sv,
                          "a:80:80"sv,
                          "a:99999999999999999999"sv,
                          "::1"sv,
                          "[::1"sv,
                          "::1]"sv,
                          "[]"sv,
                          "["sv,
                          "[a]"sv,
                          "[1.2.3.4]"sv,
                          "[::1]80"sv,
                          "[fe80::1%25eth0]"sv,
                          "[v1.a]"sv,
                          "[::1\0]"sv,
                          "a,b"sv,
                          "a b"sv,
                          "u@a"sv,
                          "a/"sv,
                          "a?b"sv,
                          "a#b"sv,
                          "a%"sv,
                          "a%2"sv,
                          "a%zz"sv,
                          "a\0"sv,
                          "\xc3\xa4"sv,
                          "a\\b"sv,
                          "<a>"sv,
                          "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]"sv}) {
    INFO(text);
    CHECK_FALSE(is_authority(text));
  }
}

TEST_CASE("is_authority_with_port: wants digits for the port") {
  CHECK(is_authority_with_port("a:443"));
  CHECK(is_authority_with_port("[::1]:443"));
  CHECK_FALSE(is_authority_with_port("a"));
  CHECK_FALSE(is_authority_with_port("a:"));
  CHECK_FALSE(is_authority_with_port("[::1]"));
}

TEST_CASE("read_target: takes an absolute URI apart") {
  const auto target = read_target("GET", "http://a:80/b//c?d=/?e");
  REQUIRE(target);
  CHECK(target->form == Target::Form::Absolute);
  CHECK(target->authority == "a:80");
  CHECK(target->path == "/b//c");
  CHECK(target->query == "d=/?e");
}

TEST_CASE("read_target: tells the forms apart") {
  CHECK(read_target("GET", "/")->form == Target::Form::Origin);
  CHECK(read_target("OPTIONS", "*")->form == Target::Form::Asterisk);
  CHECK(read_target("CONNECT", "a:1")->form == Target::Form::Authority);
  CHECK(read_target("CONNECT", "a:1")->authority == "a:1");
  CHECK_FALSE(read_target("GET", ""));
  CHECK_FALSE(read_target("GET", "**"));
  CHECK_FALSE(read_target("GET", "?a"));
  CHECK_FALSE(read_target("GET", "http"));
  CHECK_FALSE(read_target("GET", "http:/a"));
  CHECK_FALSE(read_target("CONNECT", "http://a:1"));
}

TEST_CASE("read_chunk_line: finds the line and whether it is the last") {
  using State = ChunkLine::State;
  const auto line = read_chunk_line("1f;a=\"b\"\r\n0\r\n");
  CHECK(line.state == State::Complete);
  CHECK(line.length == 10);
  CHECK_FALSE(line.last);
  CHECK(read_chunk_line("000\r\n").last);
  CHECK(read_chunk_line("").state == State::NeedMore);
  CHECK(read_chunk_line("1f").state == State::NeedMore);
  CHECK(read_chunk_line("1f\r").state == State::NeedMore);
  CHECK(read_chunk_line("\r\n").state == State::Malformed);
  CHECK(read_chunk_line("1\n").state == State::Malformed);
  CHECK(read_chunk_line("1\rx").state == State::Malformed);
}

TEST_CASE("read_chunk_line: a line ends at 4096 bytes, complete or not") {
  const std::string fits = "1;" + std::string(kChunkLine - 2, 'a');
  CHECK(read_chunk_line(fits).state == ChunkLine::State::NeedMore);
  CHECK(read_chunk_line(fits + "\r\n").state == ChunkLine::State::Complete);
  CHECK(read_chunk_line(fits + "a").state == ChunkLine::State::Malformed);
  CHECK(read_chunk_line(fits + "a\r\n").state == ChunkLine::State::Malformed);
}

TEST_CASE("BlockScanner: finds the end and no byte more") {
  BlockScanner scanner({10, 10, 2, 100});
  CHECK(scanner.scan("a\r\nb\r\n\r") == BlockScanner::Found::NeedMore);
  CHECK(scanner.scan("a\r\nb\r\n\r\nc\r\n\r\n") == BlockScanner::Found::End);
  CHECK(scanner.size() == 8);
}

TEST_CASE("BlockScanner: an empty first line ends the block, a bare LF does not") {
  BlockScanner empty({10, 10, 2, 100});
  CHECK(empty.scan("\r\na") == BlockScanner::Found::End);
  CHECK(empty.size() == 2);
  BlockScanner bare({10, 10, 2, 100});
  CHECK(bare.scan("\n") == BlockScanner::Found::BareLf);
}

TEST_CASE("BlockScanner: a block that fills its limit unfinished is refused at once") {
  BlockScanner fits({10, 10, 2, 8});
  CHECK(fits.scan("a\r\nb\r\n\r\n") == BlockScanner::Found::End);
  BlockScanner full({10, 10, 2, 8});
  CHECK(full.scan("a\r\nb\r\nc") == BlockScanner::Found::NeedMore);
  CHECK(full.scan("a\r\nb\r\ncc") == BlockScanner::Found::BlockTooLong);
}

TEST_CASE("grammar: lists are split, trimmed and compared without case") {
  std::string seen;
  for_each_member(" a ,,\tB\t", [&seen](std::string_view member) {
    seen.append("<").append(member).append(">");
  });
  CHECK(seen == "<a><><B>");
  CHECK(equals_lower("KEEP-alive", "keep-alive"));
  CHECK_FALSE(equals_lower("keep", "keep-alive"));
  CHECK_FALSE(equals_lower("[", "{"));  // They differ by the bit that case uses.
  CHECK(is_token("X-1"));
  CHECK_FALSE(is_token(""));
  CHECK_FALSE(is_token("a b"));
}
