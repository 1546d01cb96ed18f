#pragma once
// The columnar codec for one series: times, values and qualities of up to limits::chunk_rows_max readings as one block.
// Lossless to the bit, NaN payloads included. docs/formats/chunk.md. Its column codecs (detail/columns.hpp) also carry
// record batches, so wire, disk and history share one codec.

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "model/reading.hpp"

namespace perigee::model {

struct chunk_row {
  timestamp time;
  value_view value;
  model::quality quality = model::quality::good;
};

/// Collects the rows of one series. Reusable, so that its buffers grow once. Owner: whoever stores or sends the series,
/// on its thread.
class chunk_encoder {
 public:
  chunk_encoder();
  ~chunk_encoder();
  chunk_encoder(chunk_encoder&&) noexcept;
  chunk_encoder& operator=(chunk_encoder&&) noexcept;

  /// Any order of times; ascending ones cost least. errc::full at limits::chunk_rows_max or chunk_bytes_max.
  [[nodiscard]] result<> add(const chunk_row& row);
  [[nodiscard]] std::size_t rows() const;
  /// Appends the block to `out` and starts anew.
  void finish(byte_buffer& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The rows of a chunk that are numbers (doubles, NaN among them, integers, and bools as 0 and 1), as columns.
struct number_columns {
  std::span<const std::int64_t> times_ns;
  std::span<const double> values;
  std::span<const std::int64_t> qualities;  // model::quality; empty where all are good
};

/// Reads chunks; reusable.
class chunk_decoder {
 public:
  using sink = function_ref<void(const chunk_row&)>;

  chunk_decoder();
  ~chunk_decoder();
  chunk_decoder(chunk_decoder&&) noexcept;
  chunk_decoder& operator=(chunk_decoder&&) noexcept;

  /// Calls `each` per row in the order added, with views that last for the call. All or nothing: errc::corrupt,
  /// errc::malformed, errc::unsupported and errc::too_large come before the first call.
  [[nodiscard]] result<> decode(byte_view chunk, sink each);
  /// Its numbers alone, in the order added, several times as fast; they last until the decoder's next call. Of texts
  /// nothing but the CRC is looked at. Errors as of `decode`.
  [[nodiscard]] result<number_columns> numbers(byte_view chunk);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace perigee::model
