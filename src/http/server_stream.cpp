#include "http/server_stream.h"

namespace glucoledger::http {

void ServerStream::async_handshake(boost::asio::ssl::context& context, DoneHandler handler) {
  tls_ = std::make_unique<Tls>(tcp_, context);
  tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(handler));
}

void ServerStream::async_shutdown(DoneHandler handler) {
  tls_->async_shutdown(std::move(handler));
}

void ServerStream::read_some(const Some<boost::asio::mutable_buffer>& buffers, TransferHandler handler) {
  if (tls_) return tls_->async_read_some(buffers, std::move(handler));
  tcp_.async_read_some(buffers, std::move(handler));
}

void ServerStream::write_some(const Some<boost::asio::const_buffer>& buffers, TransferHandler handler) {
  if (tls_) return tls_->async_write_some(buffers, std::move(handler));
  tcp_.async_write_some(buffers, std::move(handler));
}

}  // namespace glucoledger::http
