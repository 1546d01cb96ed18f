#pragma once
// Which fields of a payload any rule asks for, so that one walk over the payload finds them all.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perigee::rules::detail {

/// The name of a member or, from 0, the place of an element: `readings[0].value` is a path of three.
using path_step = std::variant<std::string, std::uint32_t>;
using field_path = std::vector<path_step>;
/// As it is written in a rule.
[[nodiscard]] std::string to_string(const field_path& path);

/// Owned by the engine, shared by its rules: `state.running` has one slot however many of them name it. Filled while
/// rules are compiled, only read afterwards.
class field_tree {
 public:
  struct node {
    path_step step;
    std::optional<std::uint32_t> slot;            // someone asks for this value as a whole
    std::vector<std::unique_ptr<node>> members;   // of an object, sorted by name
    std::vector<std::unique_ptr<node>> elements;  // of an array, sorted by place

    [[nodiscard]] const node* member(std::string_view name) const;
    [[nodiscard]] const node* element(std::uint32_t at) const;
  };

  std::uint32_t slot_of(const field_path& path);
  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] const node& root() const { return root_; }

 private:
  node root_;
  std::uint32_t slots_ = 0;
};

}  // namespace perigee::rules::detail
