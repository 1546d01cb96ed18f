#pragma once
// Consecutive records of one lane as one compressed block: what goes up the uplink, and stands unopened in the parent's
// journal as the payload of a record of kind `batch`. docs/formats/record-batch.md.

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "model/record.hpp"

namespace perigee::model {

struct batch_header {
  std::string_view node;  // whose journal the records stand in
  model::lane lane = model::lane::bulk;
  perigee::epoch journal_epoch{};
  log_offset first{};  // the run that the batch covers; offsets in it without a record were filtered or dropped
  log_offset last{};
  std::uint32_t records = 0;
};

/// Collects records and writes them as one block. Lossless: what the decoder gives is what was added, byte for byte.
/// Owner: one uplink, on its thread; reusable, so that its buffers grow once.
class batch_encoder {
 public:
  batch_encoder();
  ~batch_encoder();
  batch_encoder(batch_encoder&&) noexcept;
  batch_encoder& operator=(batch_encoder&&) noexcept;

  /// Offsets ascend; holes are fine. The record's bytes are copied. errc::full when the batch is at one of its bounds
  /// (limits::batch_records_max, limits::batch_bytes_max): finish it, then add again.
  [[nodiscard]] result<> add(log_offset at, const record_view& r);
  [[nodiscard]] std::size_t pending_records() const;
  /// Of the records as they came: the size before compression.
  [[nodiscard]] std::size_t pending_bytes() const;
  /// Appends the block to `out` and starts anew. `first` to `last` is the run that was looked at; it may be empty of
  /// records.
  void finish(std::string_view node, lane l, perigee::epoch journal_epoch, log_offset first, log_offset last,
              byte_buffer& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The header, after the check of the whole block's CRC. Views into `block`.
[[nodiscard]] result<batch_header> peek_batch(byte_view block);

/// Reads blocks; reusable. Owner: one reader, on its thread.
class batch_decoder {
 public:
  using sink = function_ref<void(log_offset, const record_view&)>;
  /// Asked once per sender: the record is what its records share (kind, topic, source, epoch, properties).
  using chooser = function_ref<bool(const record_view&)>;

  batch_decoder();
  ~batch_decoder();
  batch_decoder(batch_decoder&&) noexcept;
  batch_decoder& operator=(batch_decoder&&) noexcept;

  /// Calls `each` per record in offset order, with views that last for the call. All or nothing: errc::corrupt,
  /// errc::malformed, errc::unsupported and errc::too_large come before the first call.
  [[nodiscard]] result<> decode(byte_view block, sink each);
  /// The same, all of it, if a sender is `wanted`. Else false, and what is behind the senders is neither read nor
  /// checked.
  [[nodiscard]] result<bool> decode_if(byte_view block, chooser wanted, sink each);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Where a record was first stored: node, its journal's epoch, and the offset there (the lane is the record's).
struct origin {
  std::string_view node;
  perigee::epoch journal_epoch{};
  log_offset offset{};
};

/// Sees through batches: gives each message and gap in a record, with its origin. Reusable. Owner: one reader, on its
/// thread.
class batch_opener {
 public:
  using sink = function_ref<void(const origin&, const record_view&)>;
  using chooser = batch_decoder::chooser;
  using counter = function_ref<void(std::uint32_t)>;

  batch_opener();
  ~batch_opener();
  batch_opener(batch_opener&&) noexcept;
  batch_opener& operator=(batch_opener&&) noexcept;

  /// A message or gap goes to `each` as it is, with `here` as its origin; of a batch every record does, and batches in
  /// it are opened too, limits::batch_depth_max deep. On an error some of an outer batch may have gone to `each`
  /// already.
  [[nodiscard]] result<> for_each_message(const origin& here, const record_view& r, sink each);
  /// The same without the batches in which no sender is `wanted`: `passed` hears, in their place, how many messages and
  /// gaps each has.
  [[nodiscard]] result<> for_each_message(const origin& here, const record_view& r, chooser wanted, counter passed,
                                          sink each);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace perigee::model
