#include "http/client.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <system_error>

namespace glucoledger::http {
namespace {

namespace limits = base::limits;
using Steady = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kIdleLinesMax = 8;
// Whether a connection that was idle for longer still leads to its server is found out sooner by a new one.
constexpr long kIdleSecondsMax = 30;
constexpr std::int64_t kCancelStepMs = 50;

struct EasyFree {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct MultiFree {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};
struct ListFree {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
struct MimeFree {
  void operator()(curl_mime* mime) const { ::curl_mime_free(mime); }
};

void start_curl_once() {
  static const CURLcode kStarted = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  GL_ASSERT(kStarted == CURLE_OK);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= ' '; });
}

// What would break out of its line, or be something else than it says.
Result<void> check_call(const Call& call) {
  const bool is_method = !call.method.empty() && std::all_of(call.method.begin(), call.method.end(),
                                                             [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool is_target =
      call.target.starts_with('/') && call.target.size() <= limits::kUrlLengthMax &&
      std::all_of(call.target.begin(), call.target.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
  const bool are_headers = std::all_of(call.headers.begin(), call.headers.end(), [](const HeaderField& field) {
    return !field.name.empty() && field.name.find(':') == std::string::npos && is_printable(field.name) &&
           is_printable(field.value);
  });
  if (is_method && is_target && are_headers) return {};
  return fail(ErrorCode::kUsage, "a request's method, path or header holds what cannot be sent");
}

// As OpenSSL itself finds the system's authorities.
CURLcode trust_system(CURL* /*easy*/, void* context, void* /*nothing*/) {
  return ::SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(context)) == 1 ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

// One call under way, as libcurl's callbacks see it. They return what ends the transfer when something is wrong, and
// let no exception through.
struct Transfer {
  explicit Transfer(const Call& with_call) : call(with_call) {}

  const Call& call;
  CURL* easy = nullptr;
  Answer answer;
  std::size_t header_size = 0;
  Steady::time_point moved = Steady::now();  // the last byte of a body, either way
  bool is_too_large = false;
  std::optional<Error> error;  // of a stream, or of ours

  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  std::size_t give(const StreamedBody& body, char* buffer, std::size_t size);
};

std::size_t Transfer::take_header(std::string_view line) {
  header_size += line.size();
  if (header_size > limits::kHttpResponseHeaderSizeMax) {
    is_too_large = true;
    return 0;
  }
  const std::size_t size = line.size();
  while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // perhaps after a 100 Continue
    answer.headers.clear();
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  answer.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return size;
}

std::size_t Transfer::take_body(std::string_view bytes) {
  moved = Steady::now();
  long status = 0;
  if (call.sink && ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status < 300) {
    const auto taken = call.sink(bytes);
    if (!taken) error = taken.error();
    return taken ? bytes.size() : 0;
  }
  if (answer.body.size() + bytes.size() > call.answer_size_max) {
    is_too_large = true;
    return 0;
  }
  curl_off_t announced = 0;
  if (answer.body.empty() && ::curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced) == CURLE_OK &&
      announced > 0) {
    answer.body.reserve(std::min(static_cast<std::size_t>(announced), call.answer_size_max));
  }
  answer.body.append(bytes);
  return bytes.size();
}

std::size_t Transfer::give(const StreamedBody& body, char* buffer, std::size_t size) {
  moved = Steady::now();
  const auto given = body.source({reinterpret_cast<std::uint8_t*>(buffer), size});
  if (given) return *given;
  error = given.error();
  return CURL_READFUNC_ABORT;
}

template <typename Work>
std::size_t guarded(Transfer& transfer, std::size_t otherwise, const Work& work) {
  try {
    return work();
  } catch (...) {
    transfer.error = Error{ErrorCode::kFailed, "out of memory, or an internal error", ""};
    return otherwise;
  }
}

std::size_t on_header(char* data, std::size_t one, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  return guarded(transfer, 0, [&] { return transfer.take_header({data, one * size}); });
}
std::size_t on_body(char* data, std::size_t one, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  return guarded(transfer, 0, [&] { return transfer.take_body({data, one * size}); });
}

// A body that is read as it is sent, and the call that it belongs to.
struct Reading {
  Transfer* transfer;
  const StreamedBody* body;
};
std::size_t on_read(char* buffer, std::size_t one, std::size_t size, void* context) {
  const auto& reading = *static_cast<Reading*>(context);
  return guarded(*reading.transfer, CURL_READFUNC_ABORT,
                 [&] { return reading.transfer->give(*reading.body, buffer, one * size); });
}

}  // namespace

// One connection with what libcurl needs to use it again.
class Client::Line {
 public:
  Line() : multi_(::curl_multi_init()), easy_(::curl_easy_init()) {}
  bool is_usable() const { return multi_ != nullptr && easy_ != nullptr; }
  Result<Answer> exchange(const Endpoint& endpoint, const ClientOptions& options, const Call& call,
                          const base::CancelToken& cancel);

 private:
  void set_up(const Endpoint& endpoint, const ClientOptions& options, Transfer& transfer);
  void set_headers(const ClientOptions& options, const Call& call);
  void set_body(Transfer& transfer);
  void set_form(const std::vector<FormPart>& parts, Transfer& transfer);
  Result<CURLcode> run(const Endpoint& endpoint, const ClientOptions& options, Transfer& transfer,
                       const base::CancelToken& cancel);
  bool is_late(const ClientOptions& options, const Transfer& transfer, Steady::time_point begin) const;
  Error why(const Endpoint& endpoint, const ClientOptions& options, CURLcode code) const;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = ::curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK && first_refused_ == CURLE_OK) first_refused_ = code;
  }

  std::unique_ptr<CURLM, MultiFree> multi_;
  std::unique_ptr<CURL, EasyFree> easy_;  // goes first
  std::unique_ptr<curl_slist, ListFree> headers_;
  std::unique_ptr<curl_mime, MimeFree> form_;
  std::vector<std::unique_ptr<Reading>> readings_;
  CURLcode first_refused_ = CURLE_OK;  // of the options
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

namespace {

Error unreachable(const Endpoint& endpoint, const ClientOptions& options, const std::string& what) {
  return {ErrorCode::kUnreachable, "the " + options.peer + " at " + endpoint.authority() + " " + what,
          "check that it runs and that the address is right"};
}

Error not_in_time(const Endpoint& endpoint, const ClientOptions& options, std::int64_t waited_ms) {
  return unreachable(endpoint, options, "did not answer within " + std::to_string(waited_ms / 1000) + " s");
}

}  // namespace

void Client::Line::set_up(const Endpoint& endpoint, const ClientOptions& options, Transfer& transfer) {
  ::curl_easy_reset(easy_.get());
  first_refused_ = CURLE_OK;
  error_text_.front() = '\0';
  set(CURLOPT_URL, (endpoint.url() + transfer.call.target).c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, endpoint.is_tls ? "https" : "http");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "glucoledger/" GLUCOLEDGER_VERSION);
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_ms));
  set(CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, &transfer);
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, &transfer);
  if (endpoint.is_loopback()) set(CURLOPT_PROXY, "");
  if (endpoint.is_tls) {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_CA_CACHE_TIMEOUT, 0L);  // the file may be another one by the next connection
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    set(CURLOPT_CAINFO, options.ca_file.empty() ? nullptr : options.ca_file.c_str());
    if (options.ca_file.empty()) set(CURLOPT_SSL_CTX_FUNCTION, trust_system);
  }
  transfer.easy = easy_.get();
  set_headers(options, transfer.call);
  set_body(transfer);
}

void Client::Line::set_headers(const ClientOptions& options, const Call& call) {
  headers_.reset();
  const auto add = [this](const std::string& line) {
    curl_slist* longer = ::curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)headers_.release();
    headers_.reset(longer);
  };
  add("Expect:");  // nobody waits for a 100 Continue
  bool has_type = false;
  for (const HeaderField& field : call.headers) {
    add(field.name + (field.value.empty() ? ";" : ": " + field.value));
    has_type = has_type || equal_but_for_case(field.name, "Content-Type");
  }
  if (!has_type && !std::holds_alternative<std::vector<FormPart>>(call.body)) add("Content-Type:");
  if (options.token) add("Authorization: Bearer " + std::string(options.token->text()));
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Client::Line::set_body(Transfer& transfer) {
  const Call& call = transfer.call;
  readings_.clear();
  form_.reset();
  const bool has_none = std::holds_alternative<std::monostate>(call.body);
  if (const auto* streamed = std::get_if<StreamedBody>(&call.body)) {
    readings_.push_back(std::make_unique<Reading>(Reading{&transfer, streamed}));
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, on_read);
    set(CURLOPT_READDATA, readings_.back().get());
    set(CURLOPT_INFILESIZE_LARGE,
        static_cast<curl_off_t>(streamed->size ? static_cast<std::int64_t>(*streamed->size) : -1));
  } else if (const auto* form = std::get_if<std::vector<FormPart>>(&call.body)) {
    set_form(*form, transfer);
  } else if (const auto* whole = std::get_if<std::string>(&call.body)) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(whole->size()));
    set(CURLOPT_POSTFIELDS, whole->data());
  } else if (call.method == "POST" || call.method == "PUT") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    set(CURLOPT_POSTFIELDS, "");
  }
  if (has_none && call.method == "GET") return;
  if (call.method == "HEAD") return set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
}

void Client::Line::set_form(const std::vector<FormPart>& parts, Transfer& transfer) {
  form_.reset(::curl_mime_init(easy_.get()));
  if (!form_) throw std::bad_alloc();
  const auto check = [this](CURLcode code) {
    if (code != CURLE_OK && first_refused_ == CURLE_OK) first_refused_ = code;
  };
  for (const FormPart& part : parts) {
    curl_mimepart* one = ::curl_mime_addpart(form_.get());
    if (one == nullptr) throw std::bad_alloc();
    check(::curl_mime_name(one, part.name.c_str()));
    if (!part.file_name.empty()) check(::curl_mime_filename(one, part.file_name.c_str()));
    if (!part.content_type.empty()) check(::curl_mime_type(one, part.content_type.c_str()));
    if (const auto* text = std::get_if<std::string>(&part.content)) {
      check(::curl_mime_data(one, text->data(), text->size()));
      continue;
    }
    const auto& streamed = std::get<StreamedBody>(part.content);
    readings_.push_back(std::make_unique<Reading>(Reading{&transfer, &streamed}));
    const curl_off_t size = streamed.size ? static_cast<curl_off_t>(*streamed.size) : -1;
    check(::curl_mime_data_cb(one, size, on_read, nullptr, nullptr, readings_.back().get()));
  }
  set(CURLOPT_MIMEPOST, form_.get());
}

// Of a call with a stream: no byte for so long. Of others: from when there was a connection.
bool Client::Line::is_late(const ClientOptions& options, const Transfer& transfer, Steady::time_point begin) const {
  const bool is_stream = transfer.call.sink || !readings_.empty();
  curl_off_t connected_us = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  if (connected_us == 0) return false;  // libcurl's own limit on connecting
  auto since = begin + std::chrono::microseconds(connected_us);
  if (is_stream) since = std::max(since, transfer.moved);
  return Steady::now() - since >= Milliseconds(transfer.call.request_ms.value_or(options.request_ms));
}

Result<CURLcode> Client::Line::run(const Endpoint& endpoint, const ClientOptions& options, Transfer& transfer,
                                   const base::CancelToken& cancel) {
  const auto begin = Steady::now();
  const std::int64_t request_ms = transfer.call.request_ms.value_or(options.request_ms);
  const int step_ms = static_cast<int>(std::min(kCancelStepMs, std::max<std::int64_t>(1, request_ms)));
  int running = 1;
  while (true) {
    if (cancel.cancelled()) return fail(ErrorCode::kInterrupted, "interrupted while waiting for the " + options.peer);
    if (::curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    if (is_late(options, transfer, begin)) return tl::unexpected(not_in_time(endpoint, options, request_ms));
    if (::curl_multi_poll(multi_.get(), nullptr, 0, step_ms, nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
  }
  int left = 0;
  const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left);
  return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

Result<Answer> Client::Line::exchange(const Endpoint& endpoint, const ClientOptions& options, const Call& call,
                                      const base::CancelToken& cancel) {
  Transfer transfer(call);
  set_up(endpoint, options, transfer);
  if (first_refused_ != CURLE_OK || ::curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
    return fail(ErrorCode::kFailed, std::string("the request cannot be made: ") + ::curl_easy_strerror(first_refused_));
  }
  const auto code = run(endpoint, options, transfer, cancel);
  long status = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  std::optional<Error> error;
  if (!code) {
    error = code.error();
  } else if (transfer.error) {
    error = std::move(transfer.error);
  } else if (transfer.is_too_large) {
    error = unreachable(endpoint, options, "gave an answer larger than is allowed");
  } else if (*code != CURLE_OK) {
    error = why(endpoint, options, *code);
  }
  ::curl_multi_remove_handle(multi_.get(), easy_.get());
  if (error) return tl::unexpected(std::move(*error));
  transfer.answer.status = static_cast<unsigned>(status);
  return std::move(transfer.answer);
}

Error Client::Line::why(const Endpoint& endpoint, const ClientOptions& options, CURLcode code) const {
  long verified = X509_V_OK;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &verified);
  long system_error = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  const std::string reason =
      system_error != 0 ? std::generic_category().message(static_cast<int>(system_error)) : ::curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return not_in_time(endpoint, options, options.connect_ms);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return unreachable(endpoint, options, "does not answer (" + reason + ")");
    case CURLE_COULDNT_RESOLVE_PROXY: {
      auto error = unreachable(endpoint, options, "is behind a proxy that cannot be found");
      error.next_step = "check http_proxy, https_proxy and no_proxy in the environment";
      return error;
    }
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kInputRefused, "the certificates to trust cannot be read", "", Advice::kNameCertificates};
    case CURLE_PEER_FAILED_VERIFICATION: {
      // Where only the host does not fit, OpenSSL has no reason of its own.
      const bool names_other = verified == X509_V_OK || verified == X509_V_ERR_UNSPECIFIED;
      auto error = unreachable(
          endpoint, options,
          std::string("could not be trusted: ") +
              (names_other ? "its certificate is for another host" : ::X509_verify_cert_error_string(verified)));
      if (verified == X509_V_ERR_CERT_HAS_EXPIRED) {
        error.next_step = "its operator renews the certificate; or set this machine's clock";
      } else if (names_other) {
        error.next_step = "name the host as its certificate does, or have one made for this name";
      } else {
        base::advise(error, options.trust_advice);
      }
      return error;
    }
    case CURLE_SSL_CONNECT_ERROR: {
      auto error = unreachable(
          endpoint, options, std::string("does not speak TLS with this program (") + ::curl_easy_strerror(code) + ")");
      const bool is_plain = std::strstr(error_text_.data(), "wrong version number") != nullptr;
      if (is_plain) error.next_step = "if it speaks plain HTTP, begin its URL with http://";
      return error;
    }
    default:
      return unreachable(endpoint, options, "broke off (" + reason + ")");
  }
}

Result<void> check_certificates(const std::string& ca_file) {
  const std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context(::SSL_CTX_new(::TLS_client_method()),
                                                                    &::SSL_CTX_free);
  ::ERR_clear_error();
  const bool is_read = context && (ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context.get())
                                                   : ::SSL_CTX_load_verify_file(context.get(), ca_file.c_str())) == 1;
  if (is_read) return {};
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  return fail(ErrorCode::kInputRefused,
              std::string("the certificates to trust cannot be read: ") + (reason == nullptr ? "no reason" : reason),
              Advice::kNameCertificates);
}

std::string_view Answer::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HeaderField& field) { return equal_but_for_case(field.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

Client::Client(Endpoint endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {
  start_curl_once();
}
Client::~Client() = default;

std::unique_ptr<Client::Line> Client::take_line() {
  {
    const base::MutexLock lock(mutex_);
    if (!idle_.empty()) {
      auto line = std::move(idle_.back());
      idle_.pop_back();
      return line;
    }
  }
  return std::make_unique<Line>();
}

void Client::keep(std::unique_ptr<Line> line) {
  const base::MutexLock lock(mutex_);
  if (idle_.size() < kIdleLinesMax) idle_.push_back(std::move(line));
}

Result<Answer> Client::call(const Call& call, const base::CancelToken& cancel) {
  if (options_.token && !endpoint_.is_tls && !endpoint_.is_loopback()) {
    return fail(ErrorCode::kUsage, "a token does not go over an unencrypted connection", "use an https:// URL");
  }
  GL_CHECK(check_call(call));
  GL_CHECK(cancel.check());
  auto line = take_line();
  if (!line->is_usable()) return fail(ErrorCode::kFailed, "no memory for a connection");
  auto answer = line->exchange(endpoint_, options_, call, cancel);
  if (answer) keep(std::move(line));
  return answer;
}

}  // namespace glucoledger::http
