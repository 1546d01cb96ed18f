// The part of a demo's site that touches the machine: ports and files.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <format>

#include "base/identity_limits.hpp"
#include "base/random.hpp"
#include "cli/ca_files.hpp"
#include "cli/demo_site.hpp"
#include "control/enrolment/site_files.hpp"
#include "identity/held_identity.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

/// A descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Below those that the system gives to who asks for any port and to who calls somebody (from 32,768: ip(7)): what is
/// free now stays free until the node listens on it.
constexpr std::uint16_t first_port = 15'000;
constexpr std::uint16_t last_port = 32'767;
constexpr int port_tries = 1000;

bool bind_to(const descriptor& socket, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0;
}

/// A socket that holds a free port of loopback as long as it lives.
result<descriptor> hold_port(prng& random, std::uint16_t& port) {
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (int tries = 0; tries < port_tries; ++tries) {
    port = static_cast<std::uint16_t>(random.between(first_port, last_port));
    if (bind_to(socket, port)) return socket;
  }
  return fail(std::error_code(errno, std::system_category()), "no free port on loopback");
}

/// The authorities of the site, as `perigee ca init` makes them, in the folder of the node at the top.
result<identity::authority> make_authorities(const demo_site& site, timestamp now) {
  const auto folder = site.home(site.nodes.front()) + "/identity";
  const control::enrolment::site_order order{.folder = folder, .site = "demo"};
  PG_TRY_VOID(control::enrolment::make_authorities(io::real_disk(), order, now));
  PG_TRY(const auto root, read_text(folder + "/root.crt", limits::identity_pem_bytes_max));
  PG_TRY_VOID(io::write_whole(io::real_disk(), site.folder + "/ca.crt", as_bytes(root)));
  return control::enrolment::read_authority(io::real_disk(), folder, "issuing", order.issuing_key());
}

/// A key and the certificate for it, with those between it and the root.
result<identity::held_identity> make_identity(const identity::authority& by, const identity::certificate_order& order,
                                              timestamp now) {
  PG_TRY(auto key, identity::private_key::generate(identity::key_kind::p256));
  PG_TRY(auto own, by.issue(key.public_half(), order, now));
  std::vector<identity::certificate> chain{std::move(own)};
  chain.insert(chain.end(), by.shown().begin(), by.shown().end());
  return identity::held_identity{std::move(key), std::move(chain)};
}

/// As a client and as a server on loopback.
result<> write_own(const identity::authority& by, const demo_site& site, timestamp now) {
  const auto& top = site.nodes.front();
  PG_TRY(const auto own, make_identity(by,
                                       {.as = identity::profile::node,
                                        .name = top.id,
                                        .dns_names = {"localhost"},
                                        .addresses = {"127.0.0.1", "::1"}},
                                       now));
  PG_TRY(const auto pem, identity::to_pem(own));
  return io::write_whole(io::real_disk(), std::format("{}/{}.pem", site.home(top), top.id), as_bytes(pem));
}

result<> write_operator(const identity::authority& by, const demo_site& site, timestamp now) {
  PG_TRY(const auto own, make_identity(by, {.name = "operator"}, now));
  PG_TRY(const auto key, own.key.to_pem());
  const auto path = site.folder + "/operator";
  PG_TRY_VOID(io::write_whole(io::real_disk(), path + ".crt", as_bytes(identity::to_pem(own.chain))));
  return write_new(path + ".key", key);
}

}  // namespace

result<> choose_ports(demo_site& site) {
  prng random(static_cast<std::uint64_t>(::getpid()));  // two demos at once seldom want the same
  std::vector<descriptor> held;                         // all at once, so that no two are one
  const auto choose = [&](std::uint16_t& port) -> result<> {
    PG_TRY(auto socket, hold_port(random, port));
    held.push_back(std::move(socket));
    return {};
  };
  for (auto& node : site.nodes) {
    PG_TRY_VOID(choose(node.mqtt_port));
    PG_TRY_VOID(choose(node.ws_port));
    PG_TRY_VOID(choose(node.api_port));
    if (node.tier != "edge") PG_TRY_VOID(choose(node.tls_port));
    if (node.parent.empty()) PG_TRY_VOID(choose(node.est_port));
  }
  return {};
}

result<std::string> write_site(const demo_site& site, timestamp now) {
  auto& disk = io::real_disk();
  for (const auto& node : site.nodes) {
    PG_TRY_VOID(disk.make_folder(site.home(node) + "/rules"));
    if (site.example) PG_TRY_VOID(disk.make_folder(site.home(node) + "/plant"));
    for (const auto& file : files_of(site, node)) {
      PG_TRY_VOID(io::write_whole(disk, site.home(node) + "/" + file.path, as_bytes(file.text)));
    }
  }
  PG_TRY(const auto authority, make_authorities(site, now));
  PG_TRY_VOID(write_own(authority, site, now));
  PG_TRY_VOID(write_operator(authority, site, now));
  PG_TRY(const auto root, read_text(site.folder + "/ca.crt", limits::identity_pem_bytes_max));
  PG_TRY(const auto own, identity::first_certificate(as_bytes(root)));
  return own.facts().fingerprint;
}

}  // namespace perigee::cli
