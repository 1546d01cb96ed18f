#pragma once
// What `perigee join` asks of the parent, and what is on this machine's disk meanwhile (docs/identity.md, "Joining").

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "cli/join_text.hpp"
#include "control/enrolment/est_client.hpp"
#include "io/shard.hpp"

namespace perigee::cli {

/// One join, over the steps of control::enrolment::renewal_step. Keys are made and kept before anything is sent, and
/// nothing that the parent gave is dropped: whoever is killed in it begins again with the same token, and has what it
/// would have had. Errors are sentences. Owned by the command; blocking.
class joining {
 public:
  /// `by` outlives it.
  joining(const join_text& by, std::string folder);

  using done = std::expected<void, std::string>;
  template <class T>
  using or_sentence = std::expected<T, std::string>;

  /// The root of what the parent says its site is made of. Nothing is trusted yet: whoever answers could be anybody.
  [[nodiscard]] or_sentence<identity::certificate> fetch_root();
  /// From here on the parent is who this root vouches for: it is root.crt of the folder. Refused where the folder has
  /// the root of another site, whose nodes would lose their parent.
  [[nodiscard]] done trust(const identity::certificate& root);
  /// Where this machine's clock stands before this program was built, the parent says what time it is.
  [[nodiscard]] done know_time();

  struct joined {
    std::optional<std::uint16_t> mqtts_port{};  // of the parent's MQTT listener with TLS, where it told one
    bool before = false;                        // it had an identity that the parent takes
  };
  /// NAME.pem: an identity that the parent takes.
  [[nodiscard]] or_sentence<joined> become_node();
  /// issuing.pem: an authority that is constrained to the node's name, whose key stays the one that is there. Before
  /// become_node, so that a token that does not give it is not used up.
  [[nodiscard]] done become_gateway();

 private:
  using est_answer = control::enrolment::est_answer;
  using est_client = control::enrolment::est_client;
  using renewal_files = control::enrolment::renewal_files;

  template <class T>
  [[nodiscard]] result<T> wait_for(io::task<T> question);
  [[nodiscard]] std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  using est_label = control::enrolment::est_label;
  [[nodiscard]] done obtain(renewal_files& files, est_label as);
  [[nodiscard]] done ask(renewal_files& files, est_label as);
  [[nodiscard]] result<> check(const identity::held_identity& came, est_label as) const;
  [[nodiscard]] or_sentence<joined> prove(const std::string& file);

  const join_text& by_;
  std::string folder_;
  std::optional<identity::certificate> root_;  // none until it is trusted
  io::shard shard_;
  std::unique_ptr<io::network> network_;
  est_client parent_;
};

}  // namespace perigee::cli
