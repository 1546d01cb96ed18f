// The part of a demo's site that touches the machine: ports and files.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/demo_authority.hpp"
#include "cli/demo_site.hpp"
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

result<> write_identity(const demo_authority& authority, const std::string& folder, const std::string& name) {
  PG_TRY(const auto issued, authority.issue(name));
  PG_TRY_VOID(io::write_whole(io::real_disk(), folder + "/" + name + ".crt", as_bytes(issued.certificate)));
  return write_private(folder + "/" + name + ".key", issued.key);
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
  PG_TRY(const auto authority, demo_authority::make(now, certificates_live));
  PG_TRY(const auto certificate, authority.certificate());
  PG_TRY_VOID(io::write_whole(disk, site.folder + "/ca.crt", as_bytes(certificate)));
  PG_TRY_VOID(write_identity(authority, site.folder, "operator"));
  for (const auto& node : site.nodes) {
    PG_TRY_VOID(disk.make_folder(site.home(node) + "/rules"));
    PG_TRY_VOID(write_identity(authority, site.home(node), node.id));
    for (const auto& file : files_of(site, node)) {
      PG_TRY_VOID(io::write_whole(disk, site.home(node) + "/" + file.path, as_bytes(file.text)));
    }
  }
  return {};
}

}  // namespace perigee::cli
