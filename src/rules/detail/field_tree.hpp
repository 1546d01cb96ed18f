#pragma once
// Which fields of a payload any rule asks for, so that one walk over the payload finds them all.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::rules::detail {

/// Owned by the engine, shared by its rules: `state.running` has one slot however many of them name it. Filled while
/// rules are compiled, only read afterwards.
class field_tree {
 public:
  struct node {
    std::string name;
    std::optional<std::uint32_t> slot;            // someone asks for this value as a whole
    std::vector<std::unique_ptr<node>> children;  // sorted by name

    [[nodiscard]] const node* child(std::string_view name) const;
  };

  std::uint32_t slot_of(std::span<const std::string> path);
  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] const node& root() const { return root_; }

 private:
  node root_;
  std::uint32_t slots_ = 0;
};

}  // namespace perigee::rules::detail
