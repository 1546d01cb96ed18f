#include "model/detail/interner.hpp"

#include <algorithm>
#include <cstring>

namespace perigee::model::detail {
namespace {

constexpr std::size_t slots_min = 64;

/// Eight bytes a step; spreads well enough for a table that checks what it finds.
std::uint64_t hash_of(std::string_view key) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL;
  std::uint64_t h = key.size() * odd;
  const auto mix = [&h](std::uint64_t word) {
    h = (h ^ word) * odd;
    h ^= h >> 32;
  };
  std::uint64_t word = 0;
  for (; key.size() >= sizeof word; key.remove_prefix(sizeof word)) {
    std::memcpy(&word, key.data(), sizeof word);
    mix(word);
  }
  word = 0;
  if (!key.empty()) std::memcpy(&word, key.data(), key.size());
  mix(word);
  return h;
}

}  // namespace

std::string_view interner::operator[](std::size_t number) const {
  return as_text(byte_view(text_).subspan(entries_[number].begin, entries_[number].size));
}

std::uint32_t interner::intern(std::string_view key, std::size_t size_max) {
  if ((entries_.size() + 1) * 2 > slots_.size()) grow();
  const auto hash = hash_of(key);
  const auto mask = slots_.size() - 1;
  auto slot = hash & mask;
  for (; slots_[slot] != none; slot = (slot + 1) & mask) {
    const auto number = slots_[slot];
    if (entries_[number].hash == hash && (*this)[number] == key) return number;
  }
  if (entries_.size() >= size_max) return none;
  const auto number = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({hash, text_.size(), key.size()});
  const auto bytes = as_bytes(key);
  text_.insert(text_.end(), bytes.begin(), bytes.end());
  slots_[slot] = number;
  return number;
}

void interner::clear() {
  entries_.clear();
  text_.clear();
  std::ranges::fill(slots_, none);
}

void interner::grow() {
  slots_.assign(std::max(slots_min, slots_.size() * 2), none);
  const auto mask = slots_.size() - 1;
  for (std::uint32_t number = 0; number < entries_.size(); ++number) {
    auto slot = entries_[number].hash & mask;
    while (slots_[slot] != none) slot = (slot + 1) & mask;
    slots_[slot] = number;
  }
}

}  // namespace perigee::model::detail
