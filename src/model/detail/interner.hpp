#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace perigee::model::detail {

/// Numbers distinct byte strings 0, 1, 2 ... in the order they come. Reusable without allocating once it has grown. Its
/// size is bounded by its user, and so is the cost of keys chosen to collide.
class interner {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// The number of `key`, new or known; `none` when it is new and `size_max` are there already.
  std::uint32_t intern(std::string_view key, std::size_t size_max = none);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Of all keys together.
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t number) const;
  void clear();

 private:
  struct entry {
    std::uint64_t hash;
    std::size_t begin;
    std::size_t size;
  };
  void grow();

  std::vector<entry> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most half full
  byte_buffer text_;
};

}  // namespace perigee::model::detail
