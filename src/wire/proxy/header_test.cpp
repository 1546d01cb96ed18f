#include "wire/proxy/header.hpp"

#include <gtest/gtest.h>

#include "base/crc32c.hpp"
#include "base/limits.hpp"

namespace perigee::wire::proxy {
namespace {

using namespace std::string_literals;

const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;
const auto ipv4 = "\x0a\x00\x00\x07\x0a\x00\x00\x01\xcf\x80\x22\xb3"s;  // 10.0.0.7:53120 to 10.0.0.1:8883

std::string big_endian_16(std::size_t x) { return {static_cast<char>(x >> 8), static_cast<char>(x & 0xff)}; }
std::string tlv(char type, const std::string& value) { return type + big_endian_16(value.size()) + value; }
std::string make(char command, char transport, const std::string& rest) {
  return signature + command + transport + big_endian_16(rest.size()) + rest;
}
std::string tls_part(char flags, const std::string& verified, const std::string& name) {
  return tlv('\x20', flags + verified + tlv('\x21', "TLSv1.3") + tlv('\x22', name));
}
result<header> parsed(const std::string& bytes) { return parse(as_bytes(bytes)); }

TEST(a_proxy_header, says_where_an_ipv4_client_is) {
  const auto bytes = make('\x21', '\x11', ipv4);
  EXPECT_EQ(length_of(as_bytes(bytes).first(fixed_bytes)).value(), bytes.size());
  const auto found = parsed(bytes).value();
  EXPECT_EQ(found.from, family::ipv4);
  EXPECT_EQ(to_buffer(byte_view(found.address).first(4)), (byte_buffer{10, 0, 0, 7}));
  EXPECT_EQ(found.port, 53120);
}

TEST(a_proxy_header, says_where_an_ipv6_client_is) {
  const auto found =
      parsed(make('\x21', '\x21',
                  "\xfe\x80"s + std::string(13, '\0') + "\x05" + std::string(16, '\1') + "\x01\x02\x03\x04"))
          .value();
  EXPECT_EQ(found.from, family::ipv6);
  EXPECT_EQ(found.address[0], 0xfe);
  EXPECT_EQ(found.address[15], 5);
  EXPECT_EQ(found.port, 0x102);
}

TEST(a_proxy_header, of_the_proxy_itself_says_nothing_of_a_client) {
  EXPECT_EQ(parsed(make('\x20', '\x00', "")).value().from, family::none);
  EXPECT_EQ(parsed(make('\x20', '\x11', "whatever this is")).value().from, family::none);
  EXPECT_EQ(parsed(make('\x21', '\x00', "xyz")).value().from, family::none);
  EXPECT_EQ(parsed(make('\x21', '\x31', std::string(216, 'a'))).value().from, family::unix_socket);
}

TEST(a_proxy_header, names_a_client_that_the_proxy_has_verified) {
  const std::string good(4, '\0');
  const auto name = [&](const std::string& more) {
    return parsed(make('\x21', '\x11', ipv4 + more)).value().verified_name;
  };
  EXPECT_EQ(name(tlv('\x04', "skipped") + tls_part('\x03', good, "press-1")), "press-1");
  EXPECT_EQ(name(tls_part('\x05', good, "press-1")), "press-1") << "resumed";
  EXPECT_EQ(name(tls_part('\x01', good, "press-1")), std::nullopt) << "no certificate";
  EXPECT_EQ(name(tls_part('\x03', "\0\0\0\1"s, "press-1")), std::nullopt) << "not verified";
  EXPECT_EQ(name(""), std::nullopt);
}

TEST(a_proxy_header, with_a_checksum_must_fit_it) {
  auto bytes = make('\x21', '\x11', ipv4 + tlv('\x03', std::string(4, '\0')));
  const auto sum = crc32c(as_bytes(bytes));
  for (int i = 0; i < 4; ++i)
    bytes[bytes.size() - 4 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (24 - 8 * i));
  EXPECT_TRUE(parsed(bytes));
  bytes[20] ^= 1;
  EXPECT_TRUE(is(parsed(bytes).error(), errc::corrupt));
}

TEST(a_proxy_header, that_is_none_is_refused) {
  EXPECT_FALSE(length_of(as_bytes("PROXY TCP4 10.0.0.7 10.0.0.1 1 2\r\n"))) << "version 1";
  EXPECT_FALSE(length_of(as_bytes(signature)));
  EXPECT_TRUE(is(length_of(as_bytes(make('\x31', '\x11', ipv4))).error(), errc::unsupported));
  EXPECT_TRUE(is(length_of(as_bytes(make('\x21', '\x11', std::string(5000, 'x')))).error(), errc::too_large));
  EXPECT_TRUE(is(parsed(make('\x22', '\x11', ipv4)).error(), errc::unsupported)) << "command";
  EXPECT_TRUE(is(parsed(make('\x21', '\x12', ipv4)).error(), errc::unsupported)) << "datagrams";
  EXPECT_TRUE(is(parsed(make('\x21', '\x41', ipv4)).error(), errc::unsupported)) << "family";
  EXPECT_FALSE(parsed(make('\x21', '\x11', ipv4) + "x"));
}

TEST(a_proxy_header, that_is_cut_anywhere_is_refused) {
  const auto rest = ipv4 + tls_part('\x03', std::string(4, '\0'), "press-1");
  for (std::size_t n = 0; n < rest.size(); ++n) {
    if (n == ipv4.size()) continue;  // no extension at all
    EXPECT_FALSE(parsed(make('\x21', '\x11', rest.substr(0, n)))) << n;
  }
}

}  // namespace
}  // namespace perigee::wire::proxy
