#pragma once
// What a node knows to be revoked, from its own authority and from those above it.

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "control/revocation/handed_list.hpp"
#include "identity/revocation_list.hpp"

namespace perigee::control::revocation {

/// One list that is held, for people.
struct list_state {
  std::string issuer;   // identity::public_key::key_id
  std::string subject;  // whose list it is: "CN=plant issuing"
  identity::list_terms terms;
  std::size_t revoked = 0;
};

/// The newest list of each authority, at most limits::identity_lists_max. One that is old is kept and goes on counting:
/// a node that is cut off knows what it knew. Owned by the node, on its shard; sans-IO.
class lists {
 public:
  /// Of whom lists are believed, from now on.
  void trust(std::vector<identity::certificate> roots) { roots_ = std::move(roots); }

  /// Keeps the list in place of the one before. errc::exists for one that is not newer than that; errc::full;
  /// identity::refusal where the authority or its signature is not good at this time.
  [[nodiscard]] result<list_state> take(handed_list given, timestamp now);
  /// Allocates nothing. Hexadecimal, lower-case.
  [[nodiscard]] bool is_revoked(std::string_view issuer, std::string_view serial) const;
  /// The newest number of this issuer's lists; 0: there is none.
  [[nodiscard]] std::uint64_t number_of(std::string_view issuer) const;
  [[nodiscard]] std::vector<list_state> states() const;
  /// Each as it is handed on (handed_list's encoding), by issuer.
  [[nodiscard]] std::map<std::string, byte_view> handed_on() const;
  /// The list of this issuer in DER; empty: there is none.
  [[nodiscard]] byte_view list_of(std::string_view issuer) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct held {
    list_state state;
    std::unordered_set<std::string, hash, std::equal_to<>> serials;
    byte_buffer der;
    byte_buffer handed_on;
  };

  std::vector<identity::certificate> roots_;
  std::map<std::string, held, std::less<>> held_;
};

}  // namespace perigee::control::revocation
