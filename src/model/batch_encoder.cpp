#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "model/detail/batch_format.hpp"
#include "model/detail/integers.hpp"
#include "model/detail/interner.hpp"
#include "model/detail/numbers.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {
namespace {

using detail::interner;

constexpr std::uint32_t shape_uses_min = 4;  // a shape used less costs more than its payloads

struct pending_record {
  std::uint32_t envelope = 0;
  std::uint32_t shape = interner::none;  // none: the payload stands in raw_bytes
  std::uint32_t begin = 0;               // in numbers, or in raw_bytes
  std::uint32_t size = 0;                // numbers, or bytes
  bool stored = false;                   // a raw payload that is compressed already
};

}  // namespace

struct batch_encoder::state {
  detail::squeezer squeezer;
  detail::integer_writer integers{squeezer};
  detail::number_writer number_fields{integers};
  detail::text_splitter splitter;

  // One entry per record, in the order added.
  std::vector<pending_record> records;
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> arrivals;
  std::vector<std::int64_t> envelope_of;
  std::vector<std::int64_t> sequences;
  std::size_t bytes = 0;

  interner envelopes;
  interner shapes;
  std::vector<detail::text_number> numbers;
  byte_buffer raw_bytes;

  // Made and used while a block is written.
  std::vector<std::uint32_t> by_sender;  // the records ordered by envelope, then offset
  std::vector<std::uint32_t> shape_uses;
  std::vector<std::uint32_t> shape_numbers;  // 0: raw; the shape's number in the block otherwise
  std::vector<std::uint32_t> begins;         // of one shape's records in numbers, by sender
  std::vector<std::uint32_t> runs;           // of one shape's records: how many of each sender
  std::vector<detail::text_number> field;
  std::vector<std::int64_t> column;
  byte_buffer scratch;
  byte_buffer kept;

  void keep_payload(const record_view& r, pending_record& to);
  void order_by_sender();
  void choose_shapes();
  void write_envelopes(byte_buffer& out);
  void write_record_columns(log_offset first, byte_buffer& out);
  void write_shapes(byte_buffer& out);
  void write_shape_columns(std::uint32_t shape, byte_buffer& out);
  void write_raw(byte_buffer& out);
  void render(const pending_record& r, byte_buffer& out) const;
  void clear();
};

batch_encoder::batch_encoder() : state_(std::make_unique<state>()) {}
batch_encoder::~batch_encoder() = default;
batch_encoder::batch_encoder(batch_encoder&&) noexcept = default;
batch_encoder& batch_encoder::operator=(batch_encoder&&) noexcept = default;

std::size_t batch_encoder::pending_records() const { return state_->records.size(); }
std::size_t batch_encoder::pending_bytes() const { return state_->bytes; }

result<> batch_encoder::add(log_offset at, const record_view& r) {
  auto& s = *state_;
  PG_TRY_VOID(check_bounds(r));
  const auto size = encoded_size(r);
  if (size > limits::batch_record_bytes_max) return fail(errc::too_large, "the record is too large for a batch");
  const bool has_room = s.bytes + size <= limits::batch_bytes_max || s.records.empty();
  if (!has_room || s.records.size() >= limits::batch_records_max) return fail(errc::full, "the batch is full");
  s.scratch.clear();
  detail::write_envelope(r, s.scratch);
  pending_record to{.envelope = s.envelopes.intern(as_text(s.scratch))};
  s.keep_payload(r, to);
  s.records.push_back(to);
  s.offsets.push_back(static_cast<std::int64_t>(at.value()));
  s.arrivals.push_back(r.arrival.ns);
  s.envelope_of.push_back(to.envelope);
  s.sequences.push_back(static_cast<std::int64_t>(r.sequence.value()));
  s.bytes += size;
  return {};
}

void batch_encoder::state::keep_payload(const record_view& r, pending_record& to) {
  to.stored = r.kind != record_kind::message;
  to.begin = static_cast<std::uint32_t>(numbers.size());
  if (!to.stored && splitter.split(as_text(r.payload), numbers)) {
    to.shape = shapes.intern(splitter.shape(), limits::batch_shapes_max);
    to.size = static_cast<std::uint32_t>(numbers.size()) - to.begin;
    if (to.shape != interner::none) return;
    numbers.resize(to.begin);
  }
  to.begin = static_cast<std::uint32_t>(raw_bytes.size());
  to.size = static_cast<std::uint32_t>(r.payload.size());
  byte_writer(raw_bytes).bytes(r.payload);
}

void batch_encoder::finish(std::string_view node, lane l, perigee::epoch journal_epoch, log_offset first,
                           log_offset last, byte_buffer& out) {
  auto& s = *state_;
  PG_CHECK(node.size() <= limits::node_name_bytes_max && first <= last, "a batch names its node and its run");
  const auto begin = out.size();
  detail::write_header({node, l, journal_epoch, first, last, static_cast<std::uint32_t>(s.records.size())}, out);
  if (!s.records.empty()) {
    s.order_by_sender();
    s.choose_shapes();
    s.write_envelopes(out);
    s.write_record_columns(first, out);
    s.write_shapes(out);
    s.write_raw(out);
  }
  byte_writer(out).u32(crc32c(byte_view(out).subspan(begin)));
  s.clear();
}

void batch_encoder::state::order_by_sender() {
  by_sender.resize(records.size());
  std::iota(by_sender.begin(), by_sender.end(), 0U);
  const auto sender = [this](std::uint32_t i) { return records[i].envelope; };
  std::ranges::stable_sort(by_sender, {}, sender);
}

/// Shapes that are used often enough get a number from 1; payloads of the others become raw.
void batch_encoder::state::choose_shapes() {
  shape_uses.assign(shapes.size(), 0);
  for (const auto& r : records) {
    if (r.shape != interner::none) ++shape_uses[r.shape];
  }
  shape_numbers.assign(shapes.size(), 0);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < shape_uses.size(); ++i) {
    if (shape_uses[i] >= shape_uses_min) shape_numbers[i] = ++number;
  }
  for (auto& r : records) {
    if (r.shape == interner::none || shape_numbers[r.shape] != 0) continue;
    const auto begin = static_cast<std::uint32_t>(raw_bytes.size());
    render(r, raw_bytes);
    r = {r.envelope, interner::none, begin, static_cast<std::uint32_t>(raw_bytes.size()) - begin, false};
  }
}

void batch_encoder::state::render(const pending_record& r, byte_buffer& out) const {
  auto at = r.begin;
  for (const auto c : shapes[r.shape]) {
    if (c == detail::placeholder) {
      detail::append_number(numbers[at++], out);
    } else {
      out.push_back(static_cast<std::uint8_t>(c));
    }
  }
}

void batch_encoder::state::write_envelopes(byte_buffer& out) {
  scratch.clear();
  for (std::size_t i = 0; i < envelopes.size(); ++i) byte_writer(scratch).sized(envelopes[i]);
  byte_writer(out).varint(envelopes.size());
  squeezer.section(scratch, out);
}

void batch_encoder::state::write_record_columns(log_offset first, byte_buffer& out) {
  for (auto& x : offsets) x -= static_cast<std::int64_t>(first.value());
  integers.write(offsets, out);
  integers.write(arrivals, out);
  integers.write(envelope_of, out);
  column.clear();
  for (const auto i : by_sender) column.push_back(sequences[i]);
  integers.write(column, out);
  column.clear();
  for (const auto i : by_sender) {
    column.push_back(records[i].shape == interner::none ? 0 : shape_numbers[records[i].shape]);
  }
  integers.write(column, out);
}

void batch_encoder::state::write_shapes(byte_buffer& out) {
  scratch.clear();
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < shapes.size(); ++i) {
    if (shape_numbers[i] == 0) continue;
    byte_writer(scratch).sized(shapes[i]);
    ++count;
  }
  byte_writer(out).varint(count);
  squeezer.section(scratch, out);
  for (std::uint32_t i = 0; i < shapes.size(); ++i) {
    if (shape_numbers[i] != 0) write_shape_columns(i, out);
  }
}

/// One field per number of the shape.
void batch_encoder::state::write_shape_columns(std::uint32_t shape, byte_buffer& out) {
  const auto fields = static_cast<std::uint32_t>(std::ranges::count(shapes[shape], detail::placeholder));
  begins.clear();
  runs.clear();
  auto sender = interner::none;
  for (const auto i : by_sender) {
    if (records[i].shape != shape) continue;
    begins.push_back(records[i].begin);
    if (std::exchange(sender, records[i].envelope) != records[i].envelope) runs.push_back(0);
    ++runs.back();
  }
  for (std::uint32_t f = 0; f < fields; ++f) {
    field.clear();
    for (const auto begin : begins) field.push_back(numbers[begin + f]);
    number_fields.write(field, runs, out);
  }
}

void batch_encoder::state::write_raw(byte_buffer& out) {
  column.clear();
  scratch.clear();
  kept.clear();
  for (const auto i : by_sender) {
    const auto& r = records[i];
    if (r.shape != interner::none) continue;
    column.push_back(r.size);
    byte_writer(r.stored ? kept : scratch).bytes(byte_view(raw_bytes).subspan(r.begin, r.size));
  }
  integers.write(column, out);
  squeezer.section(scratch, out);
  byte_writer(out).sized(byte_view(kept));
}

void batch_encoder::state::clear() {
  records.clear();
  for (auto* c : {&offsets, &arrivals, &envelope_of, &sequences}) c->clear();
  bytes = 0;
  envelopes.clear();
  shapes.clear();
  numbers.clear();
  raw_bytes.clear();
}

}  // namespace perigee::model
