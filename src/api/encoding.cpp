#include "api/encoding.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <format>

#include "crypto/password.hpp"

namespace perigee::api {
namespace {

/// RFC 9110 12.4.2, in thousandths; 0 for what is misspelt, too.
int weight_of(std::string_view q) {
  double out = 0;
  const auto [rest, failed] = std::from_chars(q.data(), q.data() + q.size(), out);
  if (failed != std::errc() || rest != q.data() + q.size() || !(out >= 0 && out <= 1)) return 0;
  return static_cast<int>(out * 1000);
}

struct weights {
  int gzip = -1;
  int zstd = -1;
  int any = -1;
};

weights weights_in(std::string_view accept_encoding) {
  weights out;
  for (const auto& [name, parameters] : boost::beast::http::ext_list(accept_encoding)) {
    int weight = 1000;
    for (const auto& [key, value] : parameters) {
      if (key == "q" || key == "Q") weight = weight_of(value);
    }
    if (boost::beast::iequals(name, "gzip") || boost::beast::iequals(name, "x-gzip")) out.gzip = weight;
    if (boost::beast::iequals(name, "zstd")) out.zstd = weight;
    if (name == "*") out.any = weight;
  }
  return out;
}

/// zlib's windowBits for gzip's frame around deflate.
constexpr int gzip_window_bits = 15 + 16;

result<std::string> gzip(std::string_view body) {
  z_stream s{};
  if (deflateInit2(&s, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(errc::full, "no memory to compress with");
  }
  std::string out(deflateBound(&s, static_cast<uLong>(body.size())), '\0');
  s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  s.avail_in = static_cast<uInt>(body.size());
  s.next_out = reinterpret_cast<Bytef*>(out.data());
  s.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&s, Z_FINISH);
  out.resize(s.total_out);
  deflateEnd(&s);
  if (ended != Z_STREAM_END) return fail(errc::io, "the body could not be compressed");
  return out;
}

result<std::string> zstd(std::string_view body) {
  std::string out(ZSTD_compressBound(body.size()), '\0');
  const auto size = ZSTD_compress(out.data(), out.size(), body.data(), body.size(), 1);
  if (ZSTD_isError(size) != 0) return fail(errc::io, "the body could not be compressed");
  out.resize(size);
  return out;
}

}  // namespace

std::string_view name_of(coding c) {
  switch (c) {
    case coding::identity: return "identity";
    case coding::gzip: return "gzip";
    case coding::zstd: break;
  }
  return "zstd";
}

coding choose_coding(std::string_view accept_encoding) {
  auto [gzip, zstd, any] = weights_in(accept_encoding);
  if (gzip < 0) gzip = any;
  if (zstd < 0) zstd = any;
  if (gzip <= 0 && zstd <= 0) return coding::identity;
  return zstd >= gzip ? coding::zstd : coding::gzip;
}

bool accepts_gzip(std::string_view accept_encoding) {
  const auto in = weights_in(accept_encoding);
  return in.gzip > 0 || (in.gzip < 0 && in.any > 0);
}

result<std::string> compress(std::string_view body, coding with) {
  switch (with) {
    case coding::identity: return std::string(body);
    case coding::gzip: return gzip(body);
    case coding::zstd: break;
  }
  return zstd(body);
}

result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream s{};
  if (inflateInit2(&s, gzip_window_bits) != Z_OK) return fail(errc::full, "no memory to unpack with");
  std::string out;
  s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  s.avail_in = static_cast<uInt>(packed.size());
  int how = Z_OK;
  while (how == Z_OK && out.size() < bytes_max) {
    const auto had = out.size();
    out.resize(std::min(bytes_max, had + (64U << 10)));
    s.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    s.avail_out = static_cast<uInt>(out.size() - had);
    how = inflate(&s, Z_NO_FLUSH);
    out.resize(s.total_out);
  }
  inflateEnd(&s);
  if (how == Z_OK) return fail(errc::too_large, "what is packed is larger than it may be");
  if (how != Z_STREAM_END) return fail(errc::malformed, "this is no gzip");
  return out;
}

std::string tag_of(std::string_view body) {
  const auto digest = crypto::sha256(as_bytes(body));
  std::string out = "W/\"";
  for (const auto b : byte_view(digest).first(16)) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out + '"';
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  if (if_none_match == "*") return true;
  const auto opaque = [](std::string_view t) { return t.starts_with("W/") ? t.substr(2) : t; };
  while (!if_none_match.empty()) {
    auto one = if_none_match.substr(0, if_none_match.find(','));
    if_none_match.remove_prefix(std::min(one.size() + 1, if_none_match.size()));
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (!one.empty() && opaque(one) == opaque(tag)) return true;
  }
  return false;
}

}  // namespace perigee::api
