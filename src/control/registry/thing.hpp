#pragma once
// A thing: a device or a node that the registry knows.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "control/registry/lifecycle.hpp"
#include "control/registry/outcome.hpp"
#include "identity/names.hpp"

namespace perigee::control::registry {

using identity::is_name;
/// What is_name takes, for a person.
[[nodiscard]] std::string name_rule();

/// Stored as its number: docs/formats/registry.md.
enum class kind : std::uint8_t { device, node };
[[nodiscard]] std::string_view name_of(kind k);
[[nodiscard]] std::optional<kind> kind_of(std::string_view name);

using groups = std::vector<std::string>;
using attributes = std::map<std::string, std::string, std::less<>>;

/// What an operator says of a thing when it is added.
struct new_thing {
  std::string name;
  kind is = kind::device;
  registry::groups groups{};          // names as is_name has them, none twice
  registry::attributes attributes{};  // the bounds of AWS IoT
  std::string serial_number{};        // the maker's; of one thing only; empty: none
  std::string gateway{};              // the node that added it; empty: this one
};

/// Its bounds and its spelling, field by field; nothing where all is well. errc::malformed.
[[nodiscard]] std::optional<refusal> fault_of(const new_thing& made);
[[nodiscard]] std::optional<refusal> fault_of(const groups& all);
[[nodiscard]] std::optional<refusal> fault_of(const attributes& all);

struct thing {
  new_thing given;
  registry::stage stage{};
  timestamp created{};
  timestamp changed{};
  timestamp last_seen{};  // 0: never
};

/// What PATCH changes: what is absent stays, and an attribute without a value goes.
struct patch {
  std::optional<registry::groups> groups{};
  std::map<std::string, std::optional<std::string>, std::less<>> attributes{};
};

/// Which things are listed, by name.
struct selection {
  std::string after{};  // names behind this one
  std::size_t limit = 1000;
  std::optional<lifecycle> in{};
  std::optional<kind> is{};
  std::string group{};  // empty: of any and none
};

}  // namespace perigee::control::registry
