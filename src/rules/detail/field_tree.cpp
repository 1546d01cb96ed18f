#include "rules/detail/field_tree.hpp"

#include <algorithm>

namespace perigee::rules::detail {
namespace {

auto position(auto& children, std::string_view name) {
  return std::ranges::lower_bound(children, name, {}, [](const auto& child) { return std::string_view(child->name); });
}

}  // namespace

const field_tree::node* field_tree::node::child(std::string_view wanted) const {
  const auto found = position(children, wanted);
  return found != children.end() && (*found)->name == wanted ? found->get() : nullptr;
}

std::uint32_t field_tree::slot_of(std::span<const std::string> path) {
  auto* at = &root_;
  for (const auto& name : path) {
    auto found = position(at->children, name);
    if (found == at->children.end() || (*found)->name != name) {
      found = at->children.insert(found, std::make_unique<node>());
      (*found)->name = name;
    }
    at = found->get();
  }
  if (!at->slot) at->slot = slots_++;
  return *at->slot;
}

}  // namespace perigee::rules::detail
