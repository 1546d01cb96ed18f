#pragma once
// What a gateway tells its parent of a thing that it enrolled.

#include <cstdint>
#include <string>
#include <vector>

#include "control/registry/certificate.hpp"
#include "control/registry/thing.hpp"

namespace perigee::control::registry {

/// A thing as it stands, with its certificates. It is told anew after each change: only the last one counts.
struct report {
  std::int64_t number = 0;  // goes up with each change
  thing one;
  std::vector<certificate> certificates{};
};

}  // namespace perigee::control::registry
