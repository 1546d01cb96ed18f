// Devices that enrol by EST (RFC 7030), each over a connection of its own with a key of its own, as they would in a
// plant.
//
//   est_load --port P --authority F --token T --devices N --threads N
//
// Keys (EC P-256) and requests are made first. Then each device connects (TLS, the server's certificate verified
// against the authority), posts its request with its name and the token, and reads its certificates; where the node
// says 429, it comes again when it is told to. Prints
// {"seconds":…,"cpu_seconds":…,"failed":…}: of the enrolments alone, CPU time of this process. Nothing here is
// Perigee's.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using options = std::map<std::string, std::string>;
using context_ptr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using ssl_ptr = std::unique_ptr<SSL, decltype(&SSL_free)>;
using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using request_ptr = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;

constexpr int retries_max = 100;

options parsed(int count, char** words) {
  options out;
  for (int i = 1; i + 1 < count; i += 2) out[std::string(words[i]).substr(2)] = words[i + 1];
  return out;
}

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size))));
  return out;
}

/// What a device sends: its HTTP request with a PKCS #10 for its name in it.
std::string make_request(const std::string& name, const std::string& token) {
  const key_ptr key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const request_ptr asked(X509_REQ_new(), X509_REQ_free);
  X509_REQ_set_version(asked.get(), X509_REQ_VERSION_1);
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(asked.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_REQ_set_pubkey(asked.get(), key.get());
  check(X509_REQ_sign(asked.get(), key.get(), EVP_sha256()) > 0, "a request");
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(asked.get(), &der);
  const auto body = base64(der, static_cast<std::size_t>(size));
  OPENSSL_free(der);
  const auto shown = name + ":" + token;
  return "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
         "Content-Type: application/pkcs10\r\nAuthorization: Basic " +
         base64(reinterpret_cast<const unsigned char*>(shown.data()), shown.size()) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// What the node answers to a request over a new connection; empty where there is none.
std::string ask(SSL_CTX* with, int port, const std::string& request) {
  const int at = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  ::setsockopt(at, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  std::string got;
  const ssl_ptr tls(SSL_new(with), SSL_free);
  if (::connect(at, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 && SSL_set_fd(tls.get(), at) == 1 &&
      SSL_set1_host(tls.get(), "localhost") == 1 && SSL_connect(tls.get()) == 1 &&
      SSL_write(tls.get(), request.data(), static_cast<int>(request.size())) > 0) {
    char piece[8192];
    for (int n = 0; (n = SSL_read(tls.get(), piece, sizeof piece)) > 0;) got.append(piece, static_cast<std::size_t>(n));
  }
  ::close(at);
  return got;
}

/// How long the answer wants to be waited before the next request (RFC 9110 10.2.3).
std::chrono::seconds retry_after(const std::string& answer) {
  constexpr std::string_view header = "Retry-After: ";
  const auto at = answer.find(header);
  return std::chrono::seconds(at == std::string::npos ? 1 : std::atoi(answer.c_str() + at + header.size()));
}

/// One device; whether it got a certificate. All devices share an address, so the node may ask it to come again.
bool enrol(SSL_CTX* with, int port, const std::string& request) {
  auto got = ask(with, port, request);
  for (int again = 0; again < retries_max && got.starts_with("HTTP/1.1 429"); ++again) {
    std::this_thread::sleep_for(retry_after(got));
    got = ask(with, port, request);
  }
  return got.starts_with("HTTP/1.1 200") && got.find("\r\n\r\n") + 4 < got.size();
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void run(const options& given) {
  const auto devices = std::stoul(given.at("devices"));
  const int port = std::stoi(given.at("port"));
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < devices; ++i) {
    requests.push_back(make_request("d" + std::to_string(i), given.at("token")));
  }
  const context_ptr with(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  check(SSL_CTX_load_verify_locations(with.get(), given.at("authority").c_str(), nullptr) == 1, "authority");
  SSL_CTX_set_verify(with.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(with.get(), SSL_SESS_CACHE_OFF);
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> failed = 0;
  const auto work = [&] {
    for (std::size_t i = 0; (i = next++) < devices;) failed += enrol(with.get(), port, requests[i]) ? 0 : 1;
  };
  const auto began = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < std::stoul(given.at("threads")); ++i) all.emplace_back(work);
  for (auto& each : all) each.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"seconds\":%.2f,\"cpu_seconds\":%.2f,\"failed\":%zu}\n", took.count(), cpu_seconds() - cpu_before,
              failed.load());
}

}  // namespace

int main(int count, char** words) {
  try {
    run(parsed(count, words));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "est_load: %s\n", e.what());
    return 1;
  }
}
