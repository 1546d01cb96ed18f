#include "journal/detail/segment_cipher.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view key_info = "perigee journal segment";
constexpr std::size_t crc_bytes = 4;

/// One kind and offset stand once in a segment, and each segment file has a key of its own.
crypto::nonce nonce_of(frame_kind kind, log_offset offset) {
  crypto::nonce out{};
  out[0] = static_cast<std::uint8_t>(kind);
  const auto number = offset.value();
  std::memcpy(out.data() + 4, &number, sizeof number);
  return out;
}

/// The head but for its CRC: that is over the ciphertext, and known last.
byte_view associated(byte_view whole) { return whole.first(frame_head_bytes).subspan(crc_bytes); }

}  // namespace

std::optional<segment_cipher> segment_cipher::make(const keyring& keys, const segment_seal& seal,
                                                   const segment_place& of) {
  if (seal.cipher == cipher::none) return std::nullopt;
  byte_buffer info;
  byte_writer w(info);
  w.bytes(as_bytes(key_info));
  w.u8(static_cast<std::uint8_t>(of.lane));
  w.u64(of.epoch.value());
  w.u64(of.first.value());
  const auto key = keys.derive(seal.key_id, seal.salt, info);
  if (!key) return std::nullopt;
  return segment_cipher(*key);
}

byte_view segment_cipher::seal(byte_view batch, std::size_t header_bytes, log_offset first, std::size_t sealed) {
  const auto bytes = sealed_bytes(batch.size(), sealed);
  // What one large batch made is given back.
  if (sealed_.size() > bytes + 2 * limits::journal_staged_bytes_max) byte_buffer().swap(sealed_);
  if (sealed_.size() < bytes) sealed_.resize(bytes);
  std::ranges::copy(batch.first(header_bytes), sealed_.begin());
  used_ = header_bytes;
  auto next = first;
  for (auto left = batch.subspan(header_bytes); !left.empty();) {
    const auto head = read_head(left.data());
    const auto whole = left.first(frame_head_bytes + head.length);
    const auto offset = widen(head.low_offset, next);
    seal_frame(whole, head, offset);
    if (head.kind == static_cast<std::uint8_t>(frame_kind::record)) next = offset.next();
    left = left.subspan(whole.size());
  }
  return byte_view(sealed_).first(used_);
}

void segment_cipher::seal_frame(byte_view whole, const frame_head& head, log_offset offset) {
  const auto kind = static_cast<frame_kind>(head.kind);
  const bool bare = kind == frame_kind::mark;
  const auto out = byte_span(sealed_).subspan(used_, whole.size() + (bare ? 0 : crypto::tag_bytes));
  used_ += out.size();
  if (bare) {
    std::ranges::copy(whole, out.begin());
    return;
  }
  write_head(out, kind, offset, true);
  box_.seal(nonce_of(kind, offset), associated(out), whole.subspan(frame_head_bytes), out.subspan(frame_head_bytes));
  write_crc(out);
}

result<byte_view> segment_cipher::open(const frame& f) {
  const auto body = f.body();
  if (body.size() < crypto::tag_bytes) return fail(errc::corrupt, "a sealed frame ends within its tag");
  const auto bytes = body.size() - crypto::tag_bytes;
  if (plain_.size() < bytes) plain_.resize(bytes);
  const auto out = byte_span(plain_).first(bytes);
  PG_TRY_VOID(box_.open(nonce_of(f.kind, f.offset), associated(f.whole), body, out));
  return out;
}

std::size_t sealed_bytes(std::size_t plain, std::size_t sealed_frames) {
  return plain + sealed_frames * crypto::tag_bytes;
}

result<byte_view> body_of(const frame& f, std::optional<segment_cipher>& cipher) {
  if (!f.sealed) return f.body();
  if (!cipher) return fail(errc::refused, "the record is encrypted, and its segment does not say how");
  return cipher->open(f);
}

}  // namespace perigee::journal::detail
