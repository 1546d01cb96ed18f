#pragma once
// A small certificate authority for one demo: its own key, and a certificate for each node. Not for anything else: the
// authority's key stays in memory and is gone with the process, so that nothing can be added to the site later.

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::cli {

struct issued_certificate {
  std::string certificate;  // PEM
  std::string key;          // PEM, not encrypted
};

/// P-256 and SHA-256 throughout. Owned by the supervisor while it sets a site up.
class demo_authority {
 public:
  static result<demo_authority> make(timestamp now, nanoseconds valid_for);
  demo_authority(demo_authority&&) noexcept;
  ~demo_authority();

  /// For `localhost` and both loopback addresses, as client and as server.
  [[nodiscard]] result<issued_certificate> issue(const std::string& common_name) const;
  [[nodiscard]] result<std::string> certificate() const;

 private:
  struct state;
  explicit demo_authority(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

/// When a PEM certificate ends and what it is called; for `perigee doctor`.
struct certificate_facts {
  std::string common_name;
  timestamp ends{};
};
[[nodiscard]] result<certificate_facts> read_certificate(const std::string& pem);

}  // namespace perigee::cli
