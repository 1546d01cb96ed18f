#include "rules/detail/field_tree.hpp"

#include <algorithm>
#include <format>

namespace perigee::rules::detail {
namespace {

using nodes = std::vector<std::unique_ptr<field_tree::node>>;

template <class Key>
Key key_of(const nodes::value_type& of) {
  if constexpr (std::is_same_v<Key, std::uint32_t>) {
    return std::get<std::uint32_t>(of->step);
  } else {
    return std::get<std::string>(of->step);
  }
}

template <class Key>
auto position(auto& in, Key key) {
  return std::ranges::lower_bound(in, key, {}, key_of<Key>);
}

template <class Key>
const field_tree::node* find(const nodes& in, Key key) {
  const auto found = position(in, key);
  return found != in.end() && key_of<Key>(*found) == key ? found->get() : nullptr;
}

template <class Key>
field_tree::node& place_of(nodes& in, Key key, const path_step& step) {
  auto found = position(in, key);
  if (found == in.end() || (*found)->step != step) {
    found = in.insert(found, std::make_unique<field_tree::node>());
    (*found)->step = step;
  }
  return **found;
}

}  // namespace

std::string to_string(const field_path& path) {
  std::string out;
  for (const auto& step : path) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      out += (out.empty() ? "" : ".") + *name;
    } else {
      out += std::format("[{}]", std::get<std::uint32_t>(step));
    }
  }
  return out;
}

const field_tree::node* field_tree::node::member(std::string_view name) const { return find(members, name); }
const field_tree::node* field_tree::node::element(std::uint32_t at) const { return find(elements, at); }

std::uint32_t field_tree::slot_of(const field_path& path) {
  auto* at = &root_;
  for (const auto& step : path) {
    const auto* name = std::get_if<std::string>(&step);
    at = name != nullptr ? &place_of(at->members, std::string_view(*name), step)
                         : &place_of(at->elements, std::get<std::uint32_t>(step), step);
  }
  if (!at->slot) at->slot = slots_++;
  return *at->slot;
}

}  // namespace perigee::rules::detail
