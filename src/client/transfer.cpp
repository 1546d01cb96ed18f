#include "client/transfer.hpp"

#include <format>

#if PERIGEE_WITH_CURL
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstring>
#endif

namespace perigee::client {

#if PERIGEE_WITH_CURL

namespace {

constexpr auto library = "libcurl.so.4";
constexpr long connect_patience_ms = 10'000;
constexpr std::size_t answer_bytes_max = 64U << 10;  // of a body that nobody reads

/// What is used of libcurl.
struct curl_library {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

template <class Function>
bool find(void* in, const char* name, Function& out) {
  out = reinterpret_cast<Function>(::dlsym(in, name));
  return out != nullptr;
}

/// Once; stays as long as the process. Null where it is not there, or is not what it should be.
const curl_library* load() {
  static const curl_library* const loaded = []() -> const curl_library* {
    static curl_library made{};
    void* const in = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (in == nullptr) return nullptr;
    const bool whole =
        find(in, "curl_global_init", made.global_init) && find(in, "curl_easy_init", made.easy_init) &&
        find(in, "curl_easy_cleanup", made.easy_cleanup) && find(in, "curl_easy_reset", made.easy_reset) &&
        find(in, "curl_easy_setopt", made.easy_setopt) && find(in, "curl_easy_perform", made.easy_perform) &&
        find(in, "curl_easy_getinfo", made.easy_getinfo) && find(in, "curl_easy_strerror", made.easy_strerror) &&
        find(in, "curl_slist_append", made.slist_append) && find(in, "curl_slist_free_all", made.slist_free_all);
    return whole && made.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? &made : nullptr;
  }();
  return loaded;
}

std::size_t drop_answer(char*, std::size_t, std::size_t size, void* taken) {
  auto& bytes = *static_cast<std::size_t*>(taken);
  bytes += size;
  return bytes <= answer_bytes_max ? size : 0;
}

struct unread {
  std::string_view text;
};

std::size_t give_message(char* into, std::size_t size, std::size_t count, void* from) {
  auto& text = static_cast<unread*>(from)->text;
  const auto taken = std::min(size * count, text.size());
  std::memcpy(into, text.data(), taken);
  text.remove_prefix(taken);
  return taken;
}

int ask_to_go_on(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<std::atomic<bool>*>(stopped) ? 1 : 0;
}

long milliseconds(nanoseconds d) { return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(d).count()); }

}  // namespace

/// A handle of libcurl with the options of one request.
struct transfers::session {
  explicit session(const curl_library& of) : curl(of), handle(of.easy_init()) {}
  ~session() {
    if (handle != nullptr) curl.easy_cleanup(handle);
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  template <class Value>
  void set(CURLoption option, Value to) {
    curl.easy_setopt(handle, option, to);
  }

  void begin(const std::string& url, const transfer_trust& trust, nanoseconds timeout, std::atomic<bool>& stopped) {
    curl.easy_reset(handle);
    why[0] = '\0';
    answer_bytes = 0;
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, why);
    set(CURLOPT_TIMEOUT_MS, milliseconds(timeout));
    set(CURLOPT_CONNECTTIMEOUT_MS, connect_patience_ms);
    set(CURLOPT_WRITEFUNCTION, drop_answer);
    set(CURLOPT_WRITEDATA, &answer_bytes);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, ask_to_go_on);
    set(CURLOPT_XFERINFODATA, &stopped);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!trust.authority.empty()) {
      set(CURLOPT_CAINFO, trust.authority.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    if (!trust.certificate.empty()) {
      set(CURLOPT_SSLCERT, trust.certificate.c_str());
      set(CURLOPT_SSLKEY, trust.key.c_str());
    }
  }

  CURLcode perform(transfer_outcome& out) {
    const auto how = curl.easy_perform(handle);
    long code = 0;
    curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    out.code = static_cast<unsigned>(code);
    if (how != CURLE_OK) out.failure = why[0] != '\0' ? why : curl.easy_strerror(how);
    return how;
  }

  using list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
  [[nodiscard]] list make_list(const std::vector<std::string>& of) const {
    list out(nullptr, curl.slist_free_all);
    for (const auto& each : of) {
      auto* const longer = curl.slist_append(out.get(), each.c_str());
      if (longer == nullptr) break;
      (void)out.release();
      out.reset(longer);
    }
    return out;
  }

  const curl_library& curl;
  CURL* handle;
  char why[CURL_ERROR_SIZE]{};
  std::size_t answer_bytes = 0;
};

transfers::transfers(std::unique_ptr<session> with) : session_(std::move(with)) {}
transfers::~transfers() = default;

result<std::unique_ptr<transfers>> transfers::open() {
  const auto* const found = load();
  if (found == nullptr) return fail(errc::unsupported, "libcurl.so.4 is not on this machine (libcurl4t64)");
  auto made = std::make_unique<session>(*found);
  if (made->handle == nullptr) return fail(errc::unsupported, "libcurl gives no handle");
  return std::unique_ptr<transfers>(new transfers(std::move(made)));  // tidy: new — the constructor is private
}

transfer_outcome transfers::post(const post_order& order, byte_view body) {
  auto& s = *session_;
  s.begin(order.url, order.trust, order.timeout, stopped_);
  auto lines = order.headers;
  lines.emplace_back("Expect:");  // no question before the body
  const auto headers = s.make_list(lines);
  s.set(CURLOPT_PROTOCOLS_STR, "http,https");
  s.set(CURLOPT_POST, 1L);
  s.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  s.set(CURLOPT_POSTFIELDS, body.empty() ? "" : reinterpret_cast<const char*>(body.data()));
  s.set(CURLOPT_HTTPHEADER, headers.get());
  transfer_outcome out;
  const auto how = s.perform(out);
  if (how == CURLE_WRITE_ERROR && s.answer_bytes > answer_bytes_max) out.failure.clear();  // it did answer
  curl_off_t wait_s = 0;
  s.curl.easy_getinfo(s.handle, CURLINFO_RETRY_AFTER, &wait_s);
  out.retry_after = std::chrono::seconds(wait_s);
  return out;
}

transfer_outcome transfers::send(const mail_order& order, std::string_view message) {
  auto& s = *session_;
  s.begin(order.url, order.trust, order.timeout, stopped_);
  const auto to = s.make_list(order.to);
  unread left{message};
  s.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  s.set(CURLOPT_USE_SSL, static_cast<long>(order.in_the_clear ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!order.user.empty()) {
    s.set(CURLOPT_USERNAME, order.user.c_str());
    s.set(CURLOPT_PASSWORD, order.password.c_str());
  }
  s.set(CURLOPT_MAIL_FROM, order.from.c_str());
  s.set(CURLOPT_MAIL_RCPT, to.get());
  s.set(CURLOPT_UPLOAD, 1L);
  s.set(CURLOPT_READFUNCTION, give_message);
  s.set(CURLOPT_READDATA, &left);
  transfer_outcome out;
  (void)s.perform(out);
  return out;
}

std::string transfer_library_version() { return LIBCURL_VERSION; }

#else

struct transfers::session {};
transfers::transfers(std::unique_ptr<session> with) : session_(std::move(with)) {}
transfers::~transfers() = default;
result<std::unique_ptr<transfers>> transfers::open() {
  return fail(errc::unsupported, "this program is built without libcurl: it has no webhooks and no mail");
}
transfer_outcome transfers::post(const post_order&, byte_view) { return {}; }
transfer_outcome transfers::send(const mail_order&, std::string_view) { return {}; }
std::string transfer_library_version() { return {}; }

#endif

}  // namespace perigee::client
