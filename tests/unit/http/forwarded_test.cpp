#include "http/forwarded.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::http;
using appserver::net::PeerAddress;
using appserver::net::TrustList;

namespace {

// What the fields of a request from a trusted proxy mean: "CLIENT SCHEME HOST PORT", where "-"
// stands for "as the connection says", or the status of the refusal. The proxy is 127.0.0.1:9.
// Trusted are loopback and 10.0.0.0/8.
std::string outcome_of(const std::vector<Field>& fields, std::string_view trusted) {
  const auto list = TrustList::parse(trusted, "--test");
  REQUIRE(list.has_value());
  const PeerAddress proxy = *PeerAddress::parse("127.0.0.1", 9);
  Provenance provenance{proxy, Scheme::Http, "as.sent", 1};
  if (const Verdict refused = apply_forwarded(fields, *list, provenance); refused != kAccepted) {
    CHECK(provenance.client == proxy);
    CHECK(provenance.scheme == Scheme::Http);
    CHECK(provenance.host == "as.sent");
    CHECK(provenance.port == 1);
    CHECK(refused->reason.ends_with('.'));
    return std::to_string(refused->status);
  }
  std::string text = "-";
  if (!(provenance.client == proxy)) {
    text.clear();
    provenance.client.append_host_and_port(text);
  }
  text += provenance.scheme == Scheme::Https ? " https " : " http ";
  text += provenance.host == "as.sent" ? "-" : std::string(provenance.host);
  return text + (provenance.port == 1 ? " -" : " " + std::to_string(provenance.port));
}

struct Row {
  const char* intent;
  std::vector<Field> fields;
  const char* outcome;
};

void check_rows(const std::vector<Row>& rows, std::string_view trusted = "127.0.0.1,10.0.0.0/8") {
  for (const Row& row : rows) {
    CAPTURE(row.intent);
    CHECK(outcome_of(row.fields, trusted) == row.outcome);
  }
}

}  // namespace

TEST_CASE("apply_forwarded: without forwarding fields the connection speaks for itself") {
  check_rows({
      {"no field at all", {}, "- http - -"},
      {"other fields",
       {{"Host", "a.example"}, {"Via", "1.1 a"}, {"X-Real-IP", "192.0.2.7"}, {"", ""}},
       "- http - -"},
      {"names that are alike",
       {{"X-Forwarded-Foo", "192.0.2.7"},
        {"X-Forwarded-", "192.0.2.7"},
        {"X-Forwarded-By", "192.0.2.7"},
        {"X_Forwarded_For", "192.0.2.7"},
        {"X-Forwarded-Server", "a.example"},
        {"Forwards!", "for=192.0.2.7"},
        {"X-Original-Host", "b.example"}},
       "- http - -"},
  });
}

TEST_CASE("apply_forwarded: X-Forwarded-For is walked from its end over trusted hops") {
  check_rows({
      {"one address", {{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9:0 http - -"},
      {"the name in any case", {{"x-FORWARDED-for", "203.0.113.9"}}, "203.0.113.9:0 http - -"},
      {"with a port", {{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9:4711 http - -"},
      {"IPv6", {{"X-Forwarded-For", "2001:db8::9"}}, "[2001:db8::9]:0 http - -"},
      {"what the client forged stands before it",
       {{"X-Forwarded-For", "127.0.0.1, 203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"nonsense of the client is never looked at",
       {{"X-Forwarded-For", "<script>\", %00, 203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"a trusted hop is believed too",
       {{"X-Forwarded-For", "192.0.2.66, 203.0.113.9, 10.1.2.3"}},
       "203.0.113.9:0 http - -"},
      {"several trusted hops",
       {{"X-Forwarded-For", "203.0.113.9,10.0.0.1,10.0.0.2,127.0.0.1"}},
       "203.0.113.9:0 http - -"},
      {"only trusted hops: the first one",
       {{"X-Forwarded-For", "10.0.0.1, 10.0.0.2"}},
       "10.0.0.1:0 http - -"},
      {"several lines are one list (RFC 9110 section 5.3)",
       {{"X-Forwarded-For", "192.0.2.66"},
        {"Host", "a"},
        {"X-Forwarded-For", "203.0.113.9"},
        {"X-Forwarded-For", "10.0.0.1"}},
       "203.0.113.9:0 http - -"},
      {"a mapped hop is the IPv4 hop",
       {{"X-Forwarded-For", "203.0.113.9, ::ffff:10.0.0.1"}},
       "203.0.113.9:0 http - -"},
      {"empty members are skipped (RFC 9110 section 5.6.1.2)",
       {{"X-Forwarded-For", ", 203.0.113.9,, ,10.0.0.1 ,"}},
       "203.0.113.9:0 http - -"},
      {"an empty field says nothing", {{"X-Forwarded-For", ""}}, "- http - -"},
      {"a client of the proxy's unix socket", {{"X-Forwarded-For", "unix:"}}, "unix: http - -"},
      {"unknown: the proxy is all that is known", {{"X-Forwarded-For", "unknown"}}, "- http - -"},
      {"unknown behind a trusted hop",
       {{"X-Forwarded-For", "203.0.113.9, unknown, 10.0.0.1"}},
       "10.0.0.1:0 http - -"},
      {"unreadable", {{"X-Forwarded-For", "a.example"}}, "400"},
      {"unreadable behind a trusted hop", {{"X-Forwarded-For", "oops, 10.0.0.1"}}, "400"},
      {"unreadable in an earlier line",
       {{"X-Forwarded-For", "oops"}, {"X-Forwarded-For", "10.0.0.1"}},
       "400"},
      {"spaces instead of commas", {{"X-Forwarded-For", "203.0.113.9 10.0.0.1"}}, "400"},
  });
}

TEST_CASE("apply_forwarded: who trusts everybody gets the first address of the list") {
  check_rows({{"all hops trusted",
               {{"X-Forwarded-For", "203.0.113.9, 192.0.2.1"}},
               "203.0.113.9:0 http - -"}},
             "*");
}

TEST_CASE("apply_forwarded: the scheme, and fields that contradict each other about it") {
  check_rows({
      {"https", {{"X-Forwarded-Proto", "https"}}, "- https - -"},
      {"http", {{"X-Forwarded-Proto", "http"}}, "- http - -"},
      {"in any case", {{"X-Forwarded-Proto", "HTTPS"}}, "- https - -"},
      {"a WebSocket over TLS", {{"X-Forwarded-Proto", "wss"}}, "- https - -"},
      {"a WebSocket", {{"X-Forwarded-Proto", "ws"}}, "- http - -"},
      {"empty", {{"X-Forwarded-Proto", ""}}, "- http - -"},
      {"X-Forwarded-Ssl", {{"X-Forwarded-Ssl", "on"}}, "- https - -"},
      {"X-Forwarded-Ssl off", {{"X-Forwarded-Ssl", "Off"}}, "- http - -"},
      {"X-Forwarded-Protocol", {{"X-Forwarded-Protocol", "ssl"}}, "- https - -"},
      {"X-Forwarded-Protocol as others have it",
       {{"X-Forwarded-Protocol", "https"}},
       "- https - -"},
      {"all agree",
       {{"X-Forwarded-Proto", "https"},
        {"X-Forwarded-Ssl", "on"},
        {"X-Forwarded-Protocol", "ssl"},
        {"Forwarded", "proto=https"}},
       "- https - -"},
      {"a list that agrees", {{"X-Forwarded-Proto", "https, https"}}, "- https - -"},
      {"a list that does not", {{"X-Forwarded-Proto", "https, http"}}, "400"},
      {"two lines that do not",
       {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}},
       "400"},
      {"Proto against Ssl", {{"X-Forwarded-Proto", "http"}, {"X-Forwarded-Ssl", "on"}}, "400"},
      {"Proto against Ssl off",
       {{"X-Forwarded-Ssl", "off"}, {"X-Forwarded-Proto", "https"}},
       "400"},
      {"Proto against Protocol",
       {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Protocol", "http"}},
       "400"},
      {"Proto against Forwarded",
       {{"X-Forwarded-Proto", "https"}, {"Forwarded", "for=203.0.113.9;proto=http"}},
       "400"},
      {"another scheme", {{"X-Forwarded-Proto", "gopher"}}, "400"},
      {"ssl is no word for Proto", {{"X-Forwarded-Proto", "ssl"}}, "400"},
      {"on is no word for Proto", {{"X-Forwarded-Proto", "on"}}, "400"},
      {"https is no word for Ssl", {{"X-Forwarded-Ssl", "https"}}, "400"},
  });
}

TEST_CASE("apply_forwarded: host and port are the nearest proxy's") {
  check_rows({
      {"host", {{"X-Forwarded-Host", "a.example"}}, "- http a.example -"},
      {"host with port", {{"X-Forwarded-Host", "a.example:8443"}}, "- http a.example:8443 -"},
      {"IPv6", {{"X-Forwarded-Host", "[2001:db8::1]:80"}}, "- http [2001:db8::1]:80 -"},
      {"behind what the client forged",
       {{"X-Forwarded-Host", "evil.example, a.example"}},
       "- http a.example -"},
      {"in another line",
       {{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Host", "a.example"}},
       "- http a.example -"},
      {"empty", {{"X-Forwarded-Host", ""}}, "- http - -"},
      {"no host", {{"X-Forwarded-Host", "a b"}}, "400"},
      {"a path", {{"X-Forwarded-Host", "a.example/x"}}, "400"},
      {"userinfo", {{"X-Forwarded-Host", "u@a.example"}}, "400"},
      {"a bad port", {{"X-Forwarded-Host", "a.example:99999"}}, "400"},
      {"port", {{"X-Forwarded-Port", "8443"}}, "- http - 8443"},
      {"the last port", {{"X-Forwarded-Port", "80, 8443"}}, "- http - 8443"},
      {"an empty port", {{"X-Forwarded-Port", ""}}, "- http - -"},
      {"port 0", {{"X-Forwarded-Port", "0"}}, "400"},
      {"no port", {{"X-Forwarded-Port", "https"}}, "400"},
      {"a port too large", {{"X-Forwarded-Port", "65536"}}, "400"},
      {"everything at once",
       {{"X-Forwarded-For", "203.0.113.9"},
        {"X-Forwarded-Proto", "https"},
        {"X-Forwarded-Host", "a.example"},
        {"X-Forwarded-Port", "443"}},
       "203.0.113.9:0 https a.example 443"},
  });
}

TEST_CASE("apply_forwarded: Forwarded is walked the same way (RFC 7239)") {
  check_rows({
      {"section 4",
       {{"Forwarded", "for=203.0.113.9;proto=https;by=127.0.0.1;host=a.example"}},
       "203.0.113.9:0 https a.example -"},
      {"section 6",
       {{"Forwarded", "For=\"[2001:db8:cafe::17]:4711\""}},
       "[2001:db8:cafe::17]:4711 http - -"},
      {"section 7.1: several lines and elements",
       {{"Forwarded", "for=192.0.2.66, for=203.0.113.9"}, {"Forwarded", "for=10.0.0.1"}},
       "203.0.113.9:0 http - -"},
      {"the element that names the client speaks, not the last one",
       {{"Forwarded",
         "for=203.0.113.9;proto=https;host=a.example, for=10.0.0.1;proto=http;host=inner"}},
       "203.0.113.9:0 https a.example -"},
      {"what stands before it does not",
       {{"Forwarded", "for=192.0.2.66;proto=https;host=evil.example, for=203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"section 6.3: an obfuscated client, and what its proxy says of the request",
       {{"Forwarded", "for=_hidden;proto=https, for=10.0.0.1"}},
       "10.0.0.1:0 https - -"},
      {"section 6.2: unknown", {{"Forwarded", "for=unknown;host=a.example"}}, "- http a.example -"},
      {"no client at all", {{"Forwarded", "proto=https"}}, "- https - -"},
      {"an empty field", {{"Forwarded", ""}}, "- http - -"},
      {"a comma in quotes",
       {{"Forwarded", "for=203.0.113.9;x=\"a, for=192.0.2.66\""}},
       "203.0.113.9:0 http - -"},
      {"a stranger's open quote in front",
       {{"Forwarded", "for=\", for=203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"a stranger's nonsense in front",
       {{"Forwarded", "=;;=\"\\, for=203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"malformed", {{"Forwarded", "for=203.0.113.9;"}, {"Forwarded", "for"}}, "400"},
      {"a name", {{"Forwarded", "for=a.example"}}, "400"},
      {"malformed behind a trusted hop", {{"Forwarded", "for:1, for=10.0.0.1"}}, "400"},
      {"another scheme", {{"Forwarded", "proto=gopher"}}, "400"},
      {"no host", {{"Forwarded", "host=\"a b\""}}, "400"},
  });
}

TEST_CASE("apply_forwarded: X-Forwarded-* and Forwarded must say the same") {
  check_rows({
      {"the same client",
       {{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"the same client, one with a port",
       {{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=\"203.0.113.9:80\""}},
       "203.0.113.9:0 http - -"},
      {"another client",
       {{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=192.0.2.66"}},
       "400"},
      {"one of them is hidden",
       {{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=unknown"}},
       "203.0.113.9:0 http - -"},
      {"the other one is hidden",
       {{"X-Forwarded-For", "unknown"}, {"Forwarded", "for=203.0.113.9"}},
       "203.0.113.9:0 http - -"},
      {"the same host in another case",
       {{"X-Forwarded-Host", "A.example"}, {"Forwarded", "host=a.example"}},
       "- http a.example -"},
      {"another host", {{"X-Forwarded-Host", "a.example"}, {"Forwarded", "host=b.example"}}, "400"},
  });
}

TEST_CASE("apply_forwarded: thousands of unreadable members in front do not matter") {
  std::string list;
  for (int i = 0; i < 2000; ++i) {
    list += "oops,";
  }
  check_rows({{"the last member decides",
               {{"X-Forwarded-For", list + "203.0.113.9"}},
               "203.0.113.9:0 http - -"}});
}
