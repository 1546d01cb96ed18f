#include <algorithm>
#include <utility>
#include <vector>

#include "model/detail/batch_format.hpp"
#include "model/detail/integers.hpp"
#include "model/detail/numbers.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {
namespace {

struct shape {
  std::string_view text;
  std::uint32_t records = 0;
  std::vector<std::uint32_t> runs;  // how many of them each sender has that has any
  std::size_t last_sender = SIZE_MAX;
  std::size_t first_field = 0;

  /// The row of one more record; they come by sender.
  std::uint32_t take_row(std::size_t sender) {
    if (std::exchange(last_sender, sender) != sender) runs.push_back(0);
    ++runs.back();
    return records++;
  }
};

}  // namespace

struct batch_decoder::state {
  detail::unsqueezer unsqueezer;
  detail::integer_reader integers{unsqueezer};

  byte_buffer envelope_bytes;
  std::vector<record_view> envelopes;
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> arrivals;
  std::vector<std::int64_t> envelope_of;
  std::vector<std::int64_t> sequences;    // by sender
  std::vector<std::int64_t> shape_of;     // by sender
  std::vector<std::int64_t> sizes;        // of raw payloads, by sender
  std::vector<std::uint32_t> sender_end;  // per envelope: the end of its records in the order by sender
  std::vector<std::uint32_t> place;       // per record: its place in the order by sender
  std::vector<std::uint32_t> slot;        // by sender: the row in its shape's columns, or in raw_payloads
  byte_buffer shape_bytes;
  std::vector<shape> shapes;
  detail::number_fields fields{integers};
  byte_buffer raw_bytes;
  std::vector<byte_view> raw_payloads;
  byte_buffer payload;

  bool read_columns(byte_reader& in, const batch_header& header);
  bool read_envelopes(byte_reader& in, std::size_t records);
  bool read_record_columns(byte_reader& in, const batch_header& header);
  void order_by_sender(std::size_t records);
  bool read_shapes(byte_reader& in);
  bool assign_slots();
  bool read_shape_fields(byte_reader& in);
  bool read_raw(byte_reader& in);
  byte_view render(const shape& s, std::size_t row);
  void give(const batch_header& header, sink each);
};

batch_decoder::batch_decoder() : state_(std::make_unique<state>()) {}
batch_decoder::~batch_decoder() = default;
batch_decoder::batch_decoder(batch_decoder&&) noexcept = default;
batch_decoder& batch_decoder::operator=(batch_decoder&&) noexcept = default;

result<batch_header> peek_batch(byte_view block) {
  byte_reader in({});
  return detail::read_header(block, in);
}

result<> batch_decoder::decode(byte_view block, sink each) {
  PG_TRY_VOID(decode_if(block, [](const record_view&) { return true; }, each));
  return {};
}

result<bool> batch_decoder::decode_if(byte_view block, chooser wanted, sink each) {
  byte_reader in({});
  PG_TRY(const auto header, detail::read_header(block, in));
  auto& s = *state_;
  bool sound = header.records == 0 || s.read_envelopes(in, header.records);
  if (sound && header.records != 0) {
    if (std::ranges::none_of(s.envelopes, wanted)) return false;
    sound = s.read_columns(in, header);
  }
  if (!sound || !in.ok() || !in.done()) return fail(errc::malformed, "the batch's columns do not parse");
  if (header.records != 0) s.give(header, each);
  return true;
}

bool batch_decoder::state::read_columns(byte_reader& in, const batch_header& header) {
  if (!read_record_columns(in, header)) return false;
  order_by_sender(header.records);
  return read_shapes(in) && assign_slots() && read_shape_fields(in) && read_raw(in);
}

bool batch_decoder::state::read_envelopes(byte_reader& in, std::size_t records) {
  const auto count = in.varint();
  if (count > records) return false;
  byte_reader bytes(unsqueezer.section(in, detail::batch_section_bytes_max, envelope_bytes));
  envelopes.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    record_view r;
    if (!detail::read_envelope(bytes.sized(), r)) return false;
    envelopes.push_back(r);
  }
  return bytes.ok() && bytes.done();
}

/// Offsets must ascend within the batch's run: a parent counts on it.
bool batch_decoder::state::read_record_columns(byte_reader& in, const batch_header& header) {
  const std::size_t records = header.records;
  if (!integers.read(in, records, offsets) || !integers.read(in, records, arrivals) ||
      !integers.read(in, records, envelope_of) || !integers.read(in, records, sequences) ||
      !integers.read(in, records, shape_of)) {
    return false;
  }
  const auto span = header.last.value() - header.first.value();
  for (std::size_t i = 0; i < records; ++i) {
    const auto offset = static_cast<std::uint64_t>(offsets[i]);
    const bool ascends = i == 0 || offset > static_cast<std::uint64_t>(offsets[i - 1]);
    if (!ascends || offset > span || static_cast<std::uint64_t>(envelope_of[i]) >= envelopes.size()) return false;
  }
  return true;
}

void batch_decoder::state::order_by_sender(std::size_t records) {
  sender_end.assign(envelopes.size() + 1, 0);
  for (const auto e : envelope_of) ++sender_end[static_cast<std::size_t>(e) + 1];
  for (std::size_t e = 1; e < sender_end.size(); ++e) sender_end[e] += sender_end[e - 1];
  // Each place that is given moves the sender's begin on, until it is the end.
  place.resize(records);
  for (std::size_t i = 0; i < records; ++i) place[i] = sender_end[static_cast<std::size_t>(envelope_of[i])]++;
}

bool batch_decoder::state::read_shapes(byte_reader& in) {
  const auto count = in.varint();
  if (count > limits::batch_shapes_max) return false;
  byte_reader bytes(unsqueezer.section(in, detail::batch_section_bytes_max, shape_bytes));
  shapes.assign(static_cast<std::size_t>(count), {});
  for (auto& s : shapes) {
    s.text = bytes.sized_text();
    if (s.text.size() > limits::batch_shape_bytes_max) return false;
  }
  return bytes.ok() && bytes.done();
}

/// Per record the row that it has among those of its shape, counted by sender.
bool batch_decoder::state::assign_slots() {
  std::uint32_t raw = 0;
  slot.resize(shape_of.size());
  std::size_t at = 0;
  for (std::size_t sender = 0; sender < sender_end.size(); ++sender) {
    for (; at < sender_end[sender]; ++at) {
      const auto number = static_cast<std::uint64_t>(shape_of[at]);
      if (number > shapes.size()) return false;
      slot[at] = number == 0 ? raw++ : shapes[number - 1].take_row(sender);
    }
  }
  raw_payloads.resize(raw);
  return true;
}

bool batch_decoder::state::read_shape_fields(byte_reader& in) {
  fields.clear();
  for (auto& s : shapes) {
    s.first_field = fields.size();
    const auto count = static_cast<std::size_t>(std::ranges::count(s.text, detail::placeholder));
    if (count > limits::batch_shape_numbers_max) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!fields.read(in, s.runs)) return false;
    }
  }
  return true;
}

/// Payloads of messages were compressed together; those of batches and gaps stand as they were.
bool batch_decoder::state::read_raw(byte_reader& in) {
  if (!integers.read(in, raw_payloads.size(), sizes)) return false;
  byte_reader messages(unsqueezer.section(in, detail::batch_section_bytes_max, raw_bytes));
  byte_reader others(in.sized());
  std::size_t at = 0;
  for (std::size_t e = 0; e < envelopes.size(); ++e) {
    auto& from = envelopes[e].kind == record_kind::message ? messages : others;
    for (; at < sender_end[e]; ++at) {
      if (shape_of[at] == 0) raw_payloads[slot[at]] = from.bytes(static_cast<std::size_t>(sizes[slot[at]]));
    }
  }
  return messages.ok() && messages.done() && others.ok() && others.done();
}

byte_view batch_decoder::state::render(const shape& s, std::size_t row) {
  payload.clear();
  auto field = s.first_field;
  auto rest = s.text;
  for (;;) {
    const auto literal = rest.substr(0, rest.find(detail::placeholder));
    byte_writer(payload).bytes(as_bytes(literal));
    if (literal.size() == rest.size()) return payload;
    fields.append(field++, row, payload);
    rest.remove_prefix(literal.size() + 1);
  }
}

void batch_decoder::state::give(const batch_header& header, sink each) {
  for (std::size_t i = 0; i < place.size(); ++i) {
    const auto at = place[i];
    auto r = envelopes[static_cast<std::size_t>(envelope_of[i])];
    r.lane = header.lane;
    r.arrival.ns = arrivals[i];
    r.sequence = perigee::sequence(static_cast<std::uint64_t>(sequences[at]));
    const auto shape = static_cast<std::size_t>(shape_of[at]);
    r.payload = shape == 0 ? raw_payloads[slot[at]] : render(shapes[shape - 1], slot[at]);
    each(header.first.next(static_cast<std::uint64_t>(offsets[i])), r);
  }
}

}  // namespace perigee::model
