// What a mutual TLS connection costs a server: CPU time per full handshake, and resident memory per idle connection.
//
//   tls_load serve --port P --certificate F --key F --authority F      a plain loop over OpenSSL, to compare with
//   tls_load load  --port P --certificate F --key F --authority F --pid N --handshakes N --idle N --mqtt 0|1
//
// `load` prints {"handshakes_per_cpu_second":…,"idle_bytes":…} of the process N. With --mqtt an idle connection is an
// MQTT client; without, it has been greeted and says nothing. Nothing here is Perigee's.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using options = std::map<std::string, std::string>;
using context_ptr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using ssl_ptr = std::unique_ptr<SSL, decltype(&SSL_free)>;

options parsed(int count, char** words) {
  options out;
  for (int i = 2; i + 1 < count; i += 2) out[std::string(words[i]).substr(2)] = words[i + 1];
  return out;
}

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

/// Both ends show a certificate and want one.
context_ptr make_context(const SSL_METHOD* method, const options& given) {
  context_ptr made(SSL_CTX_new(method), SSL_CTX_free);
  auto* c = made.get();
  const auto& certificate = given.at("certificate");
  check(SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) == 1, "certificate");
  check(SSL_CTX_use_PrivateKey_file(c, given.at("key").c_str(), SSL_FILETYPE_PEM) == 1, "key");
  check(SSL_CTX_load_verify_locations(c, given.at("authority").c_str(), nullptr) == 1, "authority");
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(c, reinterpret_cast<const unsigned char*>("bench"), 5);
  SSL_CTX_set_num_tickets(c, 1);
  return made;
}

sockaddr_in loopback(const options& given) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(given.at("port"))));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

/// Greets one after the other. Who says nothing after that is kept until the process ends.
void serve(const options& given) {
  const auto context = make_context(TLS_server_method(), given);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const auto at = loopback(given);
  check(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0, "bind");
  check(::listen(listener, 1024) == 0, "listen");
  std::vector<ssl_ptr> idle;
  for (;;) {
    const int socket = ::accept(listener, nullptr, nullptr);
    ssl_ptr ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), socket);
    char byte = 0;
    if (SSL_accept(ssl.get()) != 1 || SSL_read(ssl.get(), &byte, 1) <= 0) {
      ::close(socket);
      ERR_clear_error();
    } else {  // one byte says that the connection stays
      idle.push_back(std::move(ssl));
    }
  }
}

struct connection {
  connection(SSL_CTX* context, const options& given) : ssl(SSL_new(context), SSL_free) {
    socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto at = loopback(given);
    check(::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0, "connect");
    SSL_set_fd(ssl.get(), socket);
    check(SSL_connect(ssl.get()) == 1, "handshake");
  }
  connection(connection&& other) noexcept : ssl(std::move(other.ssl)), socket(std::exchange(other.socket, -1)) {}
  connection& operator=(connection&&) = delete;
  ~connection() {
    if (socket >= 0) ::close(socket);
  }

  /// The server has read all of the handshake when it ends the connection in turn.
  void end() {
    SSL_shutdown(ssl.get());
    ::shutdown(socket, SHUT_WR);
    char rest[512];
    while (::recv(socket, rest, sizeof(rest), 0) > 0) {
    }
  }
  void stay(bool mqtt, int number) {
    if (!mqtt) {
      check(SSL_write(ssl.get(), "!", 1) == 1, "write");
      return;
    }
    const auto id = std::to_string(number);
    std::string hello("\x10\0\0\4MQTT\4\2\0\0\0\0", 14);
    hello[1] = static_cast<char>(12 + id.size());
    hello[13] = static_cast<char>(id.size());
    hello += id;
    check(SSL_write(ssl.get(), hello.data(), static_cast<int>(hello.size())) > 0, "CONNECT");
    char answer[4];
    check(SSL_read(ssl.get(), answer, 4) == 4 && answer[3] == 0, "CONNACK");
  }

  ssl_ptr ssl;
  int socket = -1;
};

double cpu_seconds(const std::string& pid) {
  std::ifstream from("/proc/" + pid + "/stat");
  std::string text((std::istreambuf_iterator<char>(from)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string word;
  for (int i = 0; i < 11; ++i) fields >> word;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_bytes(const std::string& pid) {
  std::ifstream from("/proc/" + pid + "/statm");
  double all = 0;
  double resident = 0;
  from >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void load(const options& given) {
  const auto context = make_context(TLS_client_method(), given);
  const auto& pid = given.at("pid");
  const int handshakes = std::stoi(given.at("handshakes"));
  const int wanted = std::stoi(given.at("idle"));
  for (int i = 0; i < 50; ++i) connection(context.get(), given).end();  // what is made once
  const auto before = cpu_seconds(pid);
  for (int i = 0; i < handshakes; ++i) connection(context.get(), given).end();
  const auto used = cpu_seconds(pid) - before;
  const auto empty = resident_bytes(pid);
  std::vector<connection> idle;
  for (int i = 0; i < wanted; ++i) idle.emplace_back(context.get(), given).stay(given.at("mqtt") == "1", i);
  ::poll(nullptr, 0, 1000);
  std::printf("{\"handshakes_per_cpu_second\":%.1f,\"idle_bytes\":%.0f}\n", handshakes / used,
              (resident_bytes(pid) - empty) / wanted);
}

}  // namespace

int main(int count, char** words) {
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    const auto given = parsed(count, words);
    if (count > 1 && std::string(words[1]) == "serve") serve(given);
    load(given);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tls_load: %s\n", e.what());
    return 1;
  }
  return 0;
}
