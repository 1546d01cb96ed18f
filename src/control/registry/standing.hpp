#pragma once
// Who may connect, answered in memory: what the registry's file says of it, for the shard that lets clients in.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "control/registry/certificate.hpp"
#include "control/registry/lifecycle.hpp"

namespace perigee::control::registry {

/// What changed for the standing. The registry makes them in order; the last of one thing or certificate holds.
struct thing_stands {
  std::string name;
  lifecycle now = lifecycle::registered;
};
struct thing_gone {
  std::string name;
};
struct certificate_stands {
  certificate_id id;
  std::string name;  // whose it is
  certificate_state state = certificate_state::current;
  timestamp grace_until{};
  std::string claim{};    // the template that it is a claim for; empty: it is none
  bool by_alias = false;  // it says another name than that of its thing
};
struct certificate_gone {
  certificate_id id;
};
using change = std::variant<thing_stands, thing_gone, certificate_stands, certificate_gone>;
using changes = std::vector<change>;

enum class verdict : std::uint8_t {
  welcome,
  welcome_first,  // and it is to be noted: the thing is not active yet, or the certificate is not known here
  unknown_thing,
  suspended,
  retired,
  revoked,
  pending,      // the certificate waits to be provisioned
  superseded,   // its grace has ended
  not_its_own,  // the certificate belongs to another thing
};
[[nodiscard]] constexpr bool is_welcome(verdict v) { return v == verdict::welcome || v == verdict::welcome_first; }
/// For the log, the audit and a person: "its certificate is revoked".
[[nodiscard]] const char* sentence_of(verdict v);

/// A certificate as it is shown: views, in lower-case hexadecimal as certificate_id has them. Without a serial number,
/// where a proxy has seen it in our place: then only the thing is looked at.
struct shown_certificate {
  std::string_view issuer{};
  std::string_view serial{};
};

/// Owned by the node, on its shard. A lookup allocates nothing.
class standing {
 public:
  void apply(const changes& all);
  [[nodiscard]] verdict of(std::string_view name, const shown_certificate& shown, timestamp now) const;
  /// Whether this certificate was taken back, whosever it is.
  [[nodiscard]] bool is_revoked(const shown_certificate& shown) const;
  /// Whose certificate this is, where it says another name; null: its own name counts. Until the next `apply`.
  [[nodiscard]] const std::string* known_as(const shown_certificate& shown) const;
  /// The template that this is a claim for; null: it is none. Until the next `apply`.
  [[nodiscard]] const std::string* claim_of(const shown_certificate& shown) const;
  [[nodiscard]] bool is_suspended(std::string_view name) const;
  [[nodiscard]] std::size_t things() const { return things_.size(); }
  [[nodiscard]] std::size_t certificates() const { return certificates_.size(); }

 private:
  struct entry {
    std::string name;
    certificate_state state = certificate_state::current;
    timestamp grace_until{};
    std::string claim{};
    bool by_alias = false;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    std::size_t operator()(const shown_certificate& id) const noexcept {
      return (*this)(id.serial) ^ ((*this)(id.issuer) << 1U);
    }
    std::size_t operator()(const certificate_id& id) const noexcept {
      return (*this)(shown_certificate{id.issuer, id.serial});
    }
  };
  struct equal {
    using is_transparent = void;
    bool operator()(const certificate_id& a, const certificate_id& b) const noexcept { return a == b; }
    bool operator()(const certificate_id& a, const shown_certificate& b) const noexcept {
      return a.issuer == b.issuer && a.serial == b.serial;
    }
    bool operator()(const shown_certificate& a, const certificate_id& b) const noexcept { return (*this)(b, a); }
  };

  [[nodiscard]] static verdict of_claim(std::string_view name, const entry& held);
  void take(const thing_stands& one);
  void take(const thing_gone& one);
  void take(const certificate_stands& one);
  void take(const certificate_gone& one);

  std::unordered_map<std::string, lifecycle, hash, std::equal_to<>> things_;
  std::unordered_map<certificate_id, entry, hash, equal> certificates_;
};

}  // namespace perigee::control::registry
