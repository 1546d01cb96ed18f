#pragma once

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

namespace perigee::io {

/// The one buffer between a stream and a protocol that takes whole packets off its front: small while packets are, as
/// large as the largest packet under way when they are not, and small again afterwards. The protocol bounds what it
/// wants.
class receive_buffer {
 public:
  static constexpr std::size_t bytes_initial = 4096;
  static constexpr std::size_t bytes_usual_max = 64U << 10;

  /// Where to receive to: never empty.
  [[nodiscard]] byte_span room() {
    if (used_ == bytes_.size()) grow(bytes_.size() * 2);
    return byte_span(bytes_).subspan(used_);
  }
  void filled(std::size_t n) { used_ += n; }
  [[nodiscard]] byte_view pending() const { return byte_view(bytes_).first(used_); }
  /// The protocol took `n` bytes off the front and needs `wanted` in all for the packet it stopped at (0: unknown).
  void taken(std::size_t n, std::size_t wanted) {
    const bool was_full = used_ == bytes_.size();
    used_ -= n;
    if (n != 0 && used_ != 0) std::memmove(bytes_.data(), bytes_.data() + n, used_);
    if (wanted > bytes_.size()) {
      grow(wanted);
    } else if (bytes_.size() > bytes_usual_max && used_ == 0) {
      bytes_ = byte_buffer(bytes_initial);
    } else if (was_full && bytes_.size() < bytes_usual_max) {
      grow(bytes_.size() * 4);
    }
  }

 private:
  void grow(std::size_t to) { bytes_.resize(to); }

  byte_buffer bytes_ = byte_buffer(bytes_initial);
  std::size_t used_ = 0;
};

}  // namespace perigee::io
