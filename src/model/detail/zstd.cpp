#include "model/detail/zstd.hpp"

#include <zstd.h>

#include <algorithm>

#include "base/check.hpp"

namespace perigee::model::detail {
namespace {

constexpr int text_level = 3;
constexpr int number_level = 1;
constexpr std::size_t worth_trying = 48;  // shorter sections do not pay for a frame's header

}  // namespace

void squeezer::release::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void unsqueezer::release::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

squeezer::squeezer() : context_(ZSTD_createCCtx()) { PG_CHECK(context_, "no memory for a compression context"); }
unsqueezer::unsqueezer() : context_(ZSTD_createDCtx()) { PG_CHECK(context_, "no memory for a decompression context"); }

bool squeezer::squeeze(content what, byte_view in, std::size_t size_max, byte_buffer& out) {
  if (in.size() < worth_trying) return false;
  const auto before = out.size();
  out.resize(before + size_max);
  const int level = what == content::numbers ? number_level : text_level;
  const auto n = ZSTD_compressCCtx(context_.get(), out.data() + before, size_max, in.data(), in.size(), level);
  const bool fits = ZSTD_isError(n) == 0;
  out.resize(before + (fits ? n : 0));
  return fits;
}

void squeezer::section(byte_view in, byte_buffer& out) {
  byte_writer w(out);
  w.varint(in.size());
  frame_.clear();
  const bool shrinks = in.size() > 2 && squeeze(content::text, in, in.size() - 1, frame_);
  w.varint(shrinks ? frame_.size() : 0);
  w.bytes(shrinks ? byte_view(frame_) : in);
}

bool unsqueezer::unsqueeze(byte_view frame, std::size_t size, byte_buffer& out) {
  out.resize(size);
  const auto n = ZSTD_decompressDCtx(context_.get(), out.data(), out.size(), frame.data(), frame.size());
  return ZSTD_isError(n) == 0 && n == size;
}

byte_view unsqueezer::section(byte_reader& in, std::size_t size_max, byte_buffer& buffer) {
  const auto size = in.varint();
  const auto compressed = in.varint();
  if (!in.ok() || size > size_max) {
    in.fail();
    return {};
  }
  if (compressed == 0) return in.bytes(static_cast<std::size_t>(size));
  const auto frame = in.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(compressed, size_max)));
  if (!in.ok() || !unsqueeze(frame, static_cast<std::size_t>(size), buffer)) {
    in.fail();
    return {};
  }
  return buffer;
}

}  // namespace perigee::model::detail
