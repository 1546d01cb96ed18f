#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.hpp"
#include "identity/certificate.hpp"
#include "identity/refusal.hpp"
#include "identity/verify.hpp"
#include "io/tls.hpp"

namespace perigee::node {

/// How the certificates of peers are judged in a handshake: as strictly as docs/identity.md has it, or as OpenSSL does,
/// and none that is revoked. Owned by the node; asked on its shard; outlives its
/// connections.
class chain_rules {
 public:
  chain_rules(bool strict, metrics::registry& metrics);

  /// Who knows what is revoked; every one that is added is asked, by issuer and serial number.
  using source = std::function<bool(std::string_view issuer, std::string_view serial)>;
  void ask(source of) { sources_.push_back(std::move(of)); }
  /// Told of each refusal: whom the certificate names, from which address, and why.
  using listener = std::function<void(std::string_view name, std::string_view from, const char* why)>;
  void on_refusal(listener told) { told_ = std::move(told); }

  /// For peers that are clients, or servers. What it makes must not outlive this.
  [[nodiscard]] io::judge_maker judge_of(identity::purpose wanted);
  /// The roots of the authority file as it was loaded last. Any thread.
  [[nodiscard]] std::vector<identity::certificate> roots() const;
  [[nodiscard]] bool is_revoked(std::string_view issuer, std::string_view serial) const;

 private:
  class site_judge;
  using roots_ptr = std::shared_ptr<const std::vector<identity::certificate>>;
  void refused(const io::chain_verdict& verdict, identity::refusal reason, std::string_view name,
               std::string_view from) const;

  bool strict_;
  metrics::registry& metrics_;
  std::vector<source> sources_;
  listener told_;
  std::atomic<roots_ptr> roots_;  // a worker loads the files
};

}  // namespace perigee::node
