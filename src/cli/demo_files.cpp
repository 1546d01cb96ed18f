// The part of a demo's site that touches the machine: ports and files.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/demo_site.hpp"
#include "identity/authority.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

constexpr auto certificates_live = std::chrono::days(30);

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

/// A socket that holds a free port of loopback as long as it lives.
result<descriptor> hold_port(std::uint16_t& port) {
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  if (socket.get() < 0 || ::bind(socket.get(), address, size) != 0 ||
      ::getsockname(socket.get(), address, &size) != 0) {
    return fail(std::error_code(errno, std::system_category()), "no free port on loopback");
  }
  port = ntohs(at.sin_port);
  return socket;
}

/// For this user alone from its first moment on.
result<> write_private(const std::string& path, std::string_view text) {
  const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0 || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail(std::error_code(errno, std::system_category()), "a key could not be written");
  }
  return {};
}

/// The site's issuing authority, below a root whose certificate is written and whose key nobody keeps. Neither key is
/// stored, so that nothing can be added to the site later.
result<identity::authority> make_authority(const std::string& folder, timestamp now) {
  using identity::profile;
  PG_TRY(auto root_key, identity::private_key::generate(identity::key_kind::p256));
  PG_TRY(const auto root,
         identity::authority::make_root("Perigee demo root", std::move(root_key), now, certificates_live));
  PG_TRY_VOID(io::write_whole(io::real_disk(), folder + "/ca.crt", as_bytes(root.own().to_pem())));
  PG_TRY(auto key, identity::private_key::generate(identity::key_kind::p256));
  PG_TRY(auto own, root.issue(key.public_half(),
                              {.as = profile::issuing, .name = "Perigee demo", .life = certificates_live}, now));
  return identity::authority::open({std::move(own)}, std::move(key));
}

/// NAME.crt, with the certificates between it and the root, and NAME.key.
result<> write_identity(const identity::authority& by, const std::string& folder,
                        const identity::certificate_order& order, timestamp now) {
  PG_TRY(const auto key, identity::private_key::generate(identity::key_kind::p256));
  PG_TRY(const auto own, by.issue(key.public_half(), order, now));
  PG_TRY(const auto key_pem, key.to_pem());
  const auto path = folder + "/" + order.name;
  PG_TRY_VOID(io::write_whole(io::real_disk(), path + ".crt", as_bytes(own.to_pem() + identity::to_pem(by.shown()))));
  return write_private(path + ".key", key_pem);
}

/// As a client and as a server on loopback.
identity::certificate_order node_order(const std::string& name) {
  return {.as = identity::profile::node, .name = name, .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}};
}

}  // namespace

result<> choose_ports(demo_site& site) {
  std::vector<descriptor> held;  // all at once, so that no two are one
  const auto choose = [&](std::uint16_t& port) -> result<> {
    PG_TRY(auto socket, hold_port(port));
    held.push_back(std::move(socket));
    return {};
  };
  for (auto& node : site.nodes) {
    PG_TRY_VOID(choose(node.mqtt_port));
    PG_TRY_VOID(choose(node.ws_port));
    PG_TRY_VOID(choose(node.api_port));
    if (node.tier != "edge") PG_TRY_VOID(choose(node.tls_port));
  }
  return {};
}

result<> write_site(const demo_site& site, timestamp now) {
  auto& disk = io::real_disk();
  PG_TRY(const auto authority, make_authority(site.folder, now));
  PG_TRY_VOID(write_identity(authority, site.folder, {.name = "operator"}, now));
  for (const auto& node : site.nodes) {
    PG_TRY_VOID(disk.make_folder(site.home(node) + "/rules"));
    PG_TRY_VOID(write_identity(authority, site.home(node), node_order(node.id), now));
    for (const auto& file : files_of(site, node)) {
      PG_TRY_VOID(io::write_whole(disk, site.home(node) + "/" + file.path, as_bytes(file.text)));
    }
  }
  return {};
}

}  // namespace perigee::cli
