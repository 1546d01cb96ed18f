#pragma once
// Zstandard (RFC 8878) with contexts that are made once, and byte sections that are compressed only where it pays.

#include <memory>

#include "base/bytes.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace perigee::model::detail {

/// Compresses sections. Owner: one encoder.
class squeezer {
 public:
  squeezer();

  /// What the bytes are: numbers repeat little and only their sizes are skewed, so that looking for more costs time
  /// only.
  enum class content { text, numbers };

  /// Appends `in` as one frame when that takes at most `size_max` bytes; otherwise nothing. True where it did.
  bool squeeze(content what, byte_view in, std::size_t size_max, byte_buffer& out);
  /// Appends a section: size, compressed size (0: kept as it is), bytes.
  void section(byte_view in, byte_buffer& out);

 private:
  struct release {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, release> context_;
  byte_buffer frame_;
};

/// Reads sections of hostile input. Owner: one decoder.
class unsqueezer {
 public:
  unsqueezer();

  /// True where `frame` holds exactly `size` bytes; they replace what is in `out`.
  bool unsqueeze(byte_view frame, std::size_t size, byte_buffer& out);
  /// The section's bytes: in `in` itself, or in `buffer` where they were compressed. Past `size_max` or malformed:
  /// empty, and `in` has failed.
  byte_view section(byte_reader& in, std::size_t size_max, byte_buffer& buffer);

 private:
  struct release {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, release> context_;
};

}  // namespace perigee::model::detail
