#include "io/tpm_device.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/attestation_limits.hpp"

namespace perigee::io {
namespace {

constexpr std::string_view usual_device = "device:/dev/tpmrm0";
constexpr std::size_t header_bytes = 10;
constexpr int patience_ms = 120'000;  // a slow TPM takes a minute for an RSA key

std::unexpected<error> failed(const char* what, std::source_location at = std::source_location::current()) {
  if (errno == ENOENT || errno == ECONNREFUSED) return fail(errc::not_found, what, at);
  return fail(std::error_code(errno, std::system_category()), what, at);
}

/// TPM 2.0 Part 1, 18: the size stands behind the tag, and counts itself.
std::size_t size_in(byte_view header) {
  return std::size_t{header[2]} << 24 | std::size_t{header[3]} << 16 | std::size_t{header[4]} << 8 | header[5];
}

/// A descriptor that commands are written to and answers are read from. The kernel's device gives an answer to one
/// read; a socket may give it in pieces.
class descriptor_device final : public tpm_device {
 public:
  explicit descriptor_device(int fd) : fd_(fd) {}
  descriptor_device(const descriptor_device&) = delete;
  descriptor_device& operator=(const descriptor_device&) = delete;
  ~descriptor_device() override { ::close(fd_); }

  result<byte_buffer> transact(byte_view command) override {
    const auto written = ::write(fd_, command.data(), command.size());
    if (written < 0) return failed("the TPM takes no command");
    if (std::cmp_not_equal(written, command.size())) return fail(errc::closed, "the TPM takes no whole command");
    byte_buffer answer(limits::tpm_response_bytes_max);
    std::size_t have = 0;
    for (;;) {
      PG_TRY(const auto more, read_some(byte_span(answer).subspan(have)));
      have += more;
      if (have < header_bytes) continue;
      const auto size = size_in(answer);
      if (size < header_bytes || size > answer.size() || have > size) {
        return fail(errc::malformed, "this is no answer of a TPM");
      }
      if (have == size) break;
    }
    answer.resize(have);
    return answer;
  }

 private:
  result<std::size_t> read_some(byte_span into) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, patience_ms);
    if (ready == 0) return fail(errc::timed_out, "the TPM does not answer");
    if (ready < 0) return failed("the TPM does not answer");
    const auto got = ::read(fd_, into.data(), into.size());
    if (got < 0) return failed("the TPM does not answer");
    if (got == 0) return fail(errc::closed, "the TPM has gone");
    return static_cast<std::size_t>(got);
  }

  int fd_;
};

using opened = result<std::unique_ptr<tpm_device>>;

opened open_device(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return failed("the TPM's device does not open");
  return std::make_unique<descriptor_device>(fd);
}

opened connect_to(int family, const sockaddr* address, socklen_t bytes) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("there is no socket for the TPM");
  auto out = std::make_unique<descriptor_device>(fd);
  if (::connect(fd, address, bytes) != 0) return failed("no TPM is at that socket");
  return out;
}

opened connect_by_path(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return fail(errc::malformed, "not the path of a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  return connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

opened connect_by_port(const std::string& host, std::string_view port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool good = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size() && number != 0;
  if (!good || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return fail(errc::malformed, "a software TPM is at an IPv4 address and a port");
  }
  address.sin_port = htons(number);
  return connect_to(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// The value of `key=` in "host=127.0.0.1,port=2321".
std::optional<std::string_view> value_of(std::string_view options, std::string_view key) {
  while (!options.empty()) {
    const auto one = options.substr(0, options.find(','));
    options.remove_prefix(std::min(options.size(), one.size() + 1));
    if (one.size() > key.size() && one.starts_with(key) && one[key.size()] == '=') return one.substr(key.size() + 1);
  }
  return std::nullopt;
}

}  // namespace

opened tpm_device::open(std::string_view name) {
  constexpr std::string_view device = "device:";
  constexpr std::string_view software = "swtpm:";
  if (name.empty()) name = usual_device;
  if (name.starts_with(device)) return open_device(std::string(name.substr(device.size())));
  if (!name.starts_with(software)) {
    return fail(errc::malformed, "a TPM is named by device:/dev/tpmrm0 or swtpm:path=/run/tpm.sock");
  }
  const auto options = name.substr(software.size());
  if (const auto path = value_of(options, "path")) return connect_by_path(*path);
  return connect_by_port(std::string(value_of(options, "host").value_or("127.0.0.1")),
                         value_of(options, "port").value_or("2321"));
}

}  // namespace perigee::io
