#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/aead.hpp"
#include "journal/detail/frame.hpp"
#include "journal/detail/frame_scanner.hpp"
#include "journal/keyring.hpp"

namespace perigee::journal::detail {

/// What one segment's key is derived from, beside the salt: the same salt elsewhere gives another key.
struct segment_place {
  model::lane lane = model::lane::bulk;
  perigee::epoch epoch{};
  log_offset first{};
};

/// Seals and opens the frames of one segment: docs/formats/journal.md, "Encryption". Its buffers grow to the largest
/// frame or batch and stay. One thread at a time.
class segment_cipher {
 public:
  /// None where the segment is not sealed, or its master key is not here.
  static std::optional<segment_cipher> make(const keyring& keys, const segment_seal& seal, const segment_place& of);

  /// A batch as it goes to the disk: a segment's header, where there is one, and marks as they are, bodies sealed.
  /// `first` is the offset that the first frame carries, `sealed` counts those that are no marks. Lasts until the next
  /// call.
  byte_view seal(byte_view batch, std::size_t header_bytes, log_offset first, std::size_t sealed);
  /// The body of a sealed frame; lasts until the next call. errc::corrupt.
  [[nodiscard]] result<byte_view> open(const frame& f);

 private:
  explicit segment_cipher(const crypto::key& with) : box_(with) {}
  void seal_frame(byte_view whole, const frame_head& head, log_offset offset);

  crypto::aead box_;
  byte_buffer sealed_;
  std::size_t used_ = 0;  // of it
  byte_buffer plain_;
};

/// How many bytes a batch has on the disk.
[[nodiscard]] std::size_t sealed_bytes(std::size_t plain, std::size_t sealed_frames);

/// The body of a frame, opened where it is sealed. errc::refused without a cipher for it.
[[nodiscard]] result<byte_view> body_of(const frame& f, std::optional<segment_cipher>& cipher);

}  // namespace perigee::journal::detail
