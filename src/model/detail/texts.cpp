#include "model/detail/texts.hpp"

namespace perigee::model::detail {

void text_writer::write(byte_buffer& out) {
  joined_.clear();
  sizes_.clear();
  for (std::size_t i = 0; i < dictionary_.size(); ++i) {
    byte_writer(joined_).bytes(as_bytes(dictionary_[i]));
    sizes_.push_back(static_cast<std::int64_t>(dictionary_[i].size()));
  }
  byte_writer(out).varint(dictionary_.size());
  integers_.write(sizes_, out);
  squeezer_.section(joined_, out);
  integers_.write(which_, out);
  dictionary_.clear();
  which_.clear();
}

bool text_reader::read(byte_reader& in, std::size_t count, std::size_t bytes_max, std::vector<byte_view>& column) {
  const auto distinct = in.varint();
  if (distinct > count) in.fail();
  if (!in.ok() || !integers_.read(in, static_cast<std::size_t>(distinct), numbers_)) return false;
  byte_reader joined(unsqueezer_.section(in, bytes_max, joined_));
  dictionary_.clear();
  for (const auto size : numbers_) dictionary_.push_back(joined.bytes(static_cast<std::size_t>(size)));
  if (!joined.ok()) in.fail();
  if (!in.ok() || !integers_.read(in, count, numbers_)) return false;
  column.clear();
  for (const auto which : numbers_) {
    if (static_cast<std::uint64_t>(which) >= dictionary_.size()) {
      in.fail();
      return false;
    }
    column.push_back(dictionary_[static_cast<std::size_t>(which)]);
  }
  return true;
}

}  // namespace perigee::model::detail
