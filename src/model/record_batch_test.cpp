#include "model/record_batch.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "model/gap.hpp"
#include "model/golden_test.hpp"

namespace perigee::model {
namespace {

constexpr std::int64_t start = 1'732'291'200'000;  // ms
constexpr epoch journal_epoch{0xfeedf00d};

struct stored {
  log_offset at;
  record what;
};

record message(std::string_view topic, std::string_view payload) {
  record r;
  r.topic = topic;
  r.payload = to_buffer(as_bytes(payload));
  r.source = topic.substr(0, topic.find('/'));
  r.arrival = {start * 1'000'000};
  return r;
}

std::vector<stored> numbered(std::vector<record> records, std::uint64_t first = 0) {
  std::vector<stored> out;
  for (auto& r : records) out.push_back({log_offset(first++), std::move(r)});
  return out;
}

byte_buffer encoded(batch_encoder& encoder, const std::vector<stored>& records) {
  for (const auto& r : records) EXPECT_TRUE(encoder.add(r.at, r.what.view()));
  EXPECT_EQ(encoder.pending_records(), records.size());
  const auto first = records.empty() ? log_offset(0) : records.front().at;
  const auto last = records.empty() ? log_offset(0) : records.back().at;
  byte_buffer out;
  encoder.finish("edge-1", lane::bulk, journal_epoch, first, last, out);
  EXPECT_EQ(encoder.pending_records(), 0U);
  EXPECT_EQ(encoder.pending_bytes(), 0U);
  return out;
}
byte_buffer encoded(const std::vector<stored>& records) {
  batch_encoder encoder;
  return encoded(encoder, records);
}

void expect_same(const record_view& a, const record_view& b) {
  EXPECT_EQ(as_text(a.payload), as_text(b.payload));
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.lane, b.lane);
  EXPECT_EQ(a.retain, b.retain);
  EXPECT_EQ(a.qos, b.qos);
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(as_text(a.properties), as_text(b.properties));
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.arrival, b.arrival);
}

void expect_back(batch_decoder& decoder, byte_view block, const std::vector<stored>& records) {
  std::size_t i = 0;
  const auto decoded = decoder.decode(block, [&](log_offset at, const record_view& r) {
    ASSERT_LT(i, records.size());
    EXPECT_EQ(at, records[i].at);
    expect_same(r, records[i].what.view());
    ++i;
  });
  EXPECT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(i, records.size());
}
void expect_back(byte_view block, const std::vector<stored>& records) {
  batch_decoder decoder;
  expect_back(decoder, block, records);
}

/// Ten stamping machines, one reading each per period, in turn.
std::vector<stored> telemetry(std::size_t n, prng& random) {
  std::vector<record> out;
  double walk = 20;
  for (std::size_t i = 0; i < n; ++i) {
    walk += random.normal() * 0.02;
    const auto device = i % 10;
    const auto time = start + static_cast<std::int64_t>(i / 10) * 1000;
    auto r = message(
        std::format("plant/machine-{}/temperature", device),
        std::format(R"({{"device":"machine-{}","metric":"temperature","ts":{},"value":{:.2f}}})", device, time, walk));
    r.source = std::format("machine-{}", device);
    r.epoch = epoch(100 + device);
    r.sequence = sequence(i / 10 + 1);
    r.arrival = {(time + 3) * 1'000'000};
    r.qos = 1;
    out.push_back(std::move(r));
  }
  return numbered(std::move(out), 5000);
}

TEST(record_batch, telemetry_comes_back_and_is_thirty_times_smaller) {
  prng random(1);
  const auto records = telemetry(2000, random);
  std::size_t json = 0;
  for (const auto& r : records) json += r.what.payload.size();
  const auto block = encoded(records);
  expect_back(block, records);
  EXPECT_GT(json, block.size() * 30) << "JSON " << json << ", block " << block.size();
}

TEST(record_batch, the_header_can_be_read_alone) {
  prng random(2);
  const auto block = encoded(telemetry(100, random));
  const auto header = peek_batch(block);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->node, "edge-1");
  EXPECT_EQ(header->lane, lane::bulk);
  EXPECT_EQ(header->journal_epoch, journal_epoch);
  EXPECT_EQ(header->first, log_offset(5000));
  EXPECT_EQ(header->last, log_offset(5099));
  EXPECT_EQ(header->records, 100U);
}

TEST(record_batch, a_run_without_records_is_a_batch) {
  const auto block = encoded({});
  expect_back(block, {});
  EXPECT_EQ(peek_batch(block)->records, 0U);
}

TEST(record_batch, holes_between_offsets_stay) {
  std::vector<stored> records;
  for (const std::uint64_t at : {7U, 8U, 20U, 21U, 90U, 91U})
    records.push_back({log_offset(at), message("a/b", "1.5")});
  expect_back(encoded(records), records);
}

/// However a number is written, it comes back written so.
TEST(record_batch, numbers_keep_their_text) {
  const char* texts[] = {"0",
                         "-0",
                         "-0.0",
                         "007",
                         "7.",
                         ".5",
                         "1e5",
                         "1.5E-07",
                         "+3",
                         "--4",
                         "1.2.3",
                         "192.168.1.1",
                         "9223372036854775807",
                         "9223372036854775808",
                         "-9223372036854775808",
                         "0.30000000000000004",
                         "12345678901234567890.12345678901234567890",
                         "2024-11-22T16:00:09.050Z",
                         "a-1",
                         "a -1",
                         "-",
                         "",
                         "00000000000000000000000",
                         "1,2,3",
                         "0x1F",
                         "-00.10"};
  prng random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<record> records;
    const auto kinds = 1 + random.below(3);
    const auto first = random.below(std::size(texts));
    for (int i = 0; i < 40; ++i) {
      const auto* text = texts[(first + random.below(kinds)) % std::size(texts)];
      records.push_back(message("d/m", std::format(R"({{"v":{},"n":{}}})", text, random.between(-12, 1200))));
    }
    const auto all = numbered(std::move(records));
    expect_back(encoded(all), all);
  }
}

TEST(record_batch, trimmed_padded_and_fixed_decimals_are_rules) {
  prng random(4);
  for (const auto form : {0, 1, 2, 3}) {
    std::vector<record> records;
    for (int i = 0; i < 1000; ++i) {
      const auto x = static_cast<double>(random.between(-500, 500)) / 100;
      const auto n = random.between(0, 59);
      records.push_back(message("d/m", form == 0   ? std::format("{}", x)
                                       : form == 1 ? std::format("{:.3f}", x)
                                       : form == 2 ? std::format("{:02}", n)
                                                   : std::format("{:.1f}", x)));
    }
    const auto all = numbered(std::move(records));
    const auto block = encoded(all);
    expect_back(block, all);
    EXPECT_LT(block.size(), 1500U) << form;
  }
}

/// Sensors in turn, each with a resolution and a range of its own.
std::vector<stored> mixed_resolutions(std::size_t n, prng& random) {
  std::vector<record> out;
  for (std::size_t i = 0; i < n; ++i) {
    const auto sensor = i % 3;
    const auto x = random.between(0, 15);
    const auto value = sensor == 0   ? std::format("{}", 500'000 + x * 1000)
                       : sensor == 1 ? std::format("{:.2f}", 20 + static_cast<double>(x) / 100)
                                     : std::format("{:.5f}", static_cast<double>(x) / 100'000);
    out.push_back(message(std::format("sensor-{}/m", sensor), std::format(R"({{"n":{},"v":{}}})", i / 3, value)));
  }
  return numbered(std::move(out));
}

TEST(record_batch, each_sender_keeps_a_resolution_of_its_own) {
  prng random(11);
  const auto all = mixed_resolutions(1500, random);
  const auto block = encoded(all);
  expect_back(block, all);
  EXPECT_LT(block.size(), 1500U * 4 / 8 + 250) << "a value is one of sixteen: 4 bits";
}

record random_record(prng& random) {
  std::string payload;
  switch (random.below(5)) {
    case 0: payload = std::format(R"({{"ts":{},"v":{}}})", start + random.between(0, 9999), random.normal()); break;
    case 1: payload = std::format("{}", random.between(-100, 100)); break;
    case 2: payload = std::string(random.below(40), static_cast<char>(random.next())); break;
    case 3: payload = std::format(R"({{"state":"{}","n":{}}})", random.next(), random.below(5)); break;
    default: break;
  }
  auto r = message(std::format("site/{}/m", random.below(4)), payload);
  r.retain = random.chance(0.2);
  r.qos = static_cast<std::uint8_t>(random.below(3));
  r.source = random.chance(0.5) ? "a" : "b";
  if (random.chance(0.3)) r.properties = {0x01, static_cast<std::uint8_t>(random.below(2))};
  if (random.chance(0.5)) {
    r.epoch = epoch(random.chance(0.5) ? 9 : random.next() | 1);
    r.sequence = sequence(random.next());
  }
  if (random.chance(0.1)) r.kind = random.chance(0.5) ? record_kind::batch : record_kind::gap;
  r.arrival = {static_cast<std::int64_t>(random.next())};
  return r;
}

TEST(record_batch, any_records_come_back_with_reused_coders) {
  prng random(5);
  batch_encoder encoder;
  batch_decoder decoder;
  for (int round = 0; round < 300; ++round) {
    std::vector<stored> records;
    auto at = random.next() >> 1;
    for (auto n = random.below(60); n > 0; --n)
      records.push_back({log_offset(at += 1 + random.below(3)), random_record(random)});
    expect_back(decoder, encoded(encoder, records), records);
  }
}

TEST(record_batch, more_shapes_than_are_kept_come_back) {
  std::vector<record> records;
  for (std::uint32_t i = 0; i < (limits::batch_shapes_max + 20) * 5; ++i) {
    const auto kind = i % (limits::batch_shapes_max + 20);
    records.push_back(
        message("d/m", std::format("{}{}={}", static_cast<char>('a' + kind % 26), std::string(kind / 26, 'x'), i)));
  }
  records.push_back(message("d/m", std::string(limits::batch_shape_bytes_max + 1, '7')));
  records.push_back(message("d/m", std::string("1\0002", 3)));
  std::string many;
  for (std::uint32_t i = 0; i < limits::batch_shape_numbers_max + 9; ++i) many += std::format("{},", i);
  for (int i = 0; i < 5; ++i) records.push_back(message("d/m", many));
  const auto all = numbered(std::move(records));
  expect_back(encoded(all), all);
}

TEST(record_batch, is_full_at_its_bounds) {
  batch_encoder encoder;
  const record_view small;
  for (std::uint32_t i = 0; i < limits::batch_records_max; ++i) ASSERT_TRUE(encoder.add(log_offset(i), small));
  EXPECT_TRUE(is(encoder.add(log_offset(limits::batch_records_max), small).error(), errc::full));
  byte_buffer out;
  encoder.finish("n", lane::bulk, {}, log_offset(0), log_offset(limits::batch_records_max), out);
  record_view large;
  const byte_buffer half(limits::batch_bytes_max / 2 + 1, 'x');
  large.payload = half;
  EXPECT_TRUE(encoder.add(log_offset(0), large));
  EXPECT_TRUE(is(encoder.add(log_offset(1), large).error(), errc::full));
  encoder.finish("n", lane::bulk, {}, log_offset(0), log_offset(0), out);
  const byte_buffer huge(limits::batch_record_bytes_max, 'x');
  large.payload = huge;
  EXPECT_TRUE(is(encoder.add(log_offset(0), large).error(), errc::too_large));
}

std::error_code refusal(byte_view block) {
  batch_decoder decoder;
  const auto r =
      decoder.decode(block, [](log_offset, const record_view&) { ADD_FAILURE() << "a record of a refused batch"; });
  return r ? std::error_code{} : r.error().code;
}

byte_buffer with_crc(byte_buffer bytes) {
  bytes.resize(bytes.size() - 4);
  const auto crc = crc32c(bytes);
  byte_writer(bytes).u32(crc);
  return bytes;
}

TEST(record_batch, a_flipped_bit_is_found) {
  prng random(6);
  const auto whole = encoded(telemetry(30, random));
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    auto block = whole;
    block[byte] = static_cast<std::uint8_t>(block[byte] ^ (1U << random.below(8)));
    EXPECT_EQ(refusal(block), make_error_code(errc::corrupt)) << byte;
    EXPECT_FALSE(peek_batch(block)) << byte;
  }
}

TEST(record_batch, what_lies_about_itself_never_does_harm) {
  prng random(7);
  const auto whole = encoded(telemetry(200, random));
  const auto split = encoded(mixed_resolutions(200, random));
  batch_decoder decoder;
  for (int round = 0; round < 3000; ++round) {
    auto block = round % 2 == 0 ? whole : split;
    for (auto edits = 1 + random.below(3); edits > 0; --edits) {
      block[random.below(block.size())] = static_cast<std::uint8_t>(random.next());
    }
    (void)decoder.decode(with_crc(std::move(block)),
                         [](log_offset, const record_view& r) { EXPECT_TRUE(check_bounds(r)); });
  }
  auto newer = whole;
  newer[0] = 2;
  EXPECT_EQ(refusal(with_crc(newer)), make_error_code(errc::unsupported));
  EXPECT_EQ(refusal(byte_view(whole).first(3)), make_error_code(errc::malformed));
}

record wrapped(const byte_buffer& block, std::string_view child) {
  record r;
  r.kind = record_kind::batch;
  r.source = child;
  r.payload = block;
  return r;
}

TEST(batch_opener, sees_through_batches_in_batches) {
  const auto inner = encoded(numbered({message("a/b", "1"), message("a/b", "2")}, 40));
  record lost;
  lost.kind = record_kind::gap;
  encode_gap({lane::bulk, log_offset(1), log_offset(3), 3, gap_reason::age}, lost.payload);
  batch_encoder encoder;
  ASSERT_TRUE(encoder.add(log_offset(8), message("c/d", "3").view()));
  ASSERT_TRUE(encoder.add(log_offset(9), wrapped(inner, "edge-1").view()));
  ASSERT_TRUE(encoder.add(log_offset(10), lost.view()));
  byte_buffer outer;
  encoder.finish("fog-1", lane::bulk, epoch(5), log_offset(8), log_offset(10), outer);

  std::vector<std::string> seen;
  batch_opener opener;
  const auto opened = opener.for_each_message(
      {"cloud", epoch(6), log_offset(70)}, wrapped(outer, "fog-1").view(),
      [&seen](const origin& from, const record_view& r) {
        seen.push_back(std::format("{} {} {} {}", from.node, from.offset.value(), from.journal_epoch.value(),
                                   r.kind == record_kind::gap ? "gap" : as_text(r.payload)));
      });
  ASSERT_TRUE(opened);
  const auto inner_epoch = journal_epoch.value();
  EXPECT_EQ(seen, (std::vector<std::string>{"fog-1 8 5 3", std::format("edge-1 40 {} 1", inner_epoch),
                                            std::format("edge-1 41 {} 2", inner_epoch), "fog-1 10 5 gap"}));
}

TEST(batch_opener, passes_over_batches_that_nobody_wants) {
  const auto cold = encoded(numbered({message("cold/1", "1"), message("cold/2", "2")}, 40));
  const auto warm = encoded(numbered({message("cold/1", "3"), message("warm/1", "4")}, 42));
  batch_encoder encoder;
  ASSERT_TRUE(encoder.add(log_offset(8), wrapped(cold, "edge-1").view()));
  ASSERT_TRUE(encoder.add(log_offset(9), wrapped(warm, "edge-1").view()));
  byte_buffer outer;
  encoder.finish("fog-1", lane::bulk, epoch(5), log_offset(8), log_offset(9), outer);

  std::string seen;
  batch_opener opener;
  const auto opened = opener.for_each_message(
      {}, wrapped(outer, "fog-1").view(), [](const record_view& sender) { return sender.topic.starts_with("warm/"); },
      [&seen](std::uint32_t messages) { seen += std::format("({}) ", messages); },
      [&seen](const origin&, const record_view& r) { seen += std::format("{} ", as_text(r.payload)); });
  ASSERT_TRUE(opened);
  EXPECT_EQ(seen, "(2) 3 4 ") << "a batch is given whole or not at all";
}

TEST(batch_opener, a_message_is_its_own) {
  batch_opener opener;
  int calls = 0;
  const auto r = message("a/b", "1");
  ASSERT_TRUE(opener.for_each_message({"edge", epoch(1), log_offset(4)}, r.view(),
                                      [&](const origin& from, const record_view& got) {
                                        EXPECT_EQ(from.offset, log_offset(4));
                                        expect_same(got, r.view());
                                        ++calls;
                                      }));
  EXPECT_EQ(calls, 1);
}

TEST(batch_opener, stops_at_its_depth) {
  auto block = encoded(numbered({message("a/b", "1")}));
  batch_opener opener;
  const auto open = [&] {
    return opener.for_each_message({}, wrapped(block, "x").view(), [](const origin&, const record_view&) {});
  };
  for (std::uint32_t depth = 1; depth < limits::batch_depth_max; ++depth) {
    EXPECT_TRUE(open()) << depth;
    block = encoded(numbered({wrapped(block, "x")}));
  }
  EXPECT_TRUE(open());
  block = encoded(numbered({wrapped(block, "x")}));
  const auto r = open();
  ASSERT_FALSE(r);
  EXPECT_TRUE(is(r.error(), errc::too_large));
}

TEST(batch_opener, a_broken_inner_batch_is_an_error) {
  auto inner = encoded(numbered({message("a/b", "1")}));
  inner.back() ^= 1;
  const auto outer = encoded(numbered({wrapped(inner, "x")}));
  batch_opener opener;
  const auto r = opener.for_each_message({}, wrapped(outer, "y").view(), [](const origin&, const record_view&) {});
  ASSERT_FALSE(r);
  EXPECT_TRUE(is(r.error(), errc::corrupt));
}

TEST(record_batch, golden_file_of_version_1) {
  prng random(8);
  auto records = telemetry(50, random);
  records.push_back({log_offset(6000), message("plant/door", R"({"open":true})")});
  records.back().what.properties = {0x01, 0x01};
  records.back().what.retain = true;
  expect_back(golden("record-batch-v1.bin", encoded(records)), records);
}

}  // namespace
}  // namespace perigee::model
