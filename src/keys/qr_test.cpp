#include "keys/qr.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/limits.h"
#include "keys/gray_png.h"

namespace glucoledger::keys {
namespace {

// As long as the longest URI.
std::string long_text() {
  std::string text = "glucoledger:1?";
  while (text.size() < base::limits::kUriLengthMax) text += static_cast<char>('a' + text.size() * 7 % 26);
  return text;
}

struct Picture {
  int side = 0;
  Bytes pixels;  // gray

  int at(int row, int column) const {
    if (row < 0 || column < 0 || row >= side || column >= side) return 255;
    return pixels[static_cast<std::size_t>(row * side + column)];
  }
  Bytes png() const { return gray_png(static_cast<std::size_t>(side), pixels).value(); }
};

Picture decode(const Bytes& png) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0);
  image.format = PNG_FORMAT_GRAY;
  Picture picture{static_cast<int>(image.width), Bytes(PNG_IMAGE_SIZE(image))};
  EXPECT_NE(png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr), 0);
  return picture;
}

// A photo of `from`: turned, smaller, on a grey table, lit from one side, with noise.
Picture photograph(const Picture& from, double degrees, double scale) {
  const double cosine = std::cos(degrees * M_PI / 180) / scale;
  const double sine = std::sin(degrees * M_PI / 180) / scale;
  const int side = static_cast<int>(from.side * scale * 1.5);
  Picture photo{side, Bytes(static_cast<std::size_t>(side) * static_cast<std::size_t>(side))};
  std::uint32_t noise = 1;
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      const double dy = row - side / 2.0;
      const double dx = column - side / 2.0;
      const int source_row = static_cast<int>(from.side / 2.0 + dy * cosine + dx * sine);
      const int source_column = static_cast<int>(from.side / 2.0 - dy * sine + dx * cosine);
      const bool is_paper =
          source_row >= 0 && source_column >= 0 && source_row < from.side && source_column < from.side;
      const int ink = is_paper ? from.at(source_row, source_column) : 150;
      noise = noise * 1664525 + 1013904223;
      const double light = 0.9 - 0.3 * column / side;
      const double value = (30 + ink * 0.8) * light + static_cast<double>(noise >> 27) - 16;
      photo.pixels[static_cast<std::size_t>(row * side + column)] =
          static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
  }
  return photo;
}

// What a person's camera sees of text made of half blocks.
Picture picture_of_terminal(const std::string& text) {
  std::vector<std::vector<bool>> rows;
  std::size_t at = 0;
  while (at < text.size()) {
    std::vector<bool> upper;
    std::vector<bool> lower;
    for (; text[at] != '\n'; ++at) {
      if (text[at] == '\033') {
        while (text[at] != 'm') ++at;
        continue;
      }
      const std::string_view glyph = std::string_view(text).substr(at, text[at] == ' ' ? 1 : 3);
      upper.push_back(glyph == "█" || glyph == "▀");
      lower.push_back(glyph == "█" || glyph == "▄");
      at += glyph.size() - 1;
    }
    ++at;
    rows.push_back(upper);
    rows.push_back(lower);
  }
  constexpr int kPixels = 6;
  Picture picture{static_cast<int>(rows.size()) * kPixels, {}};
  for (int row = 0; row < picture.side; ++row) {
    for (int column = 0; column < picture.side; ++column) {
      const auto& line = rows[static_cast<std::size_t>(row / kPixels)];
      const auto module = static_cast<std::size_t>(column / kPixels);
      picture.pixels.push_back(module < line.size() && line[module] ? 0 : 255);
    }
  }
  return picture;
}

TEST(QrTest, PngIsReadBack) {
  for (const auto& text :
       {std::string("A"), std::string("glucoledger:hello"), std::string("Grüße, 血糖"), long_text()}) {
    EXPECT_EQ(read_qr_image(qr_png(text).value()).value(), text);
  }
}

TEST(QrTest, PhotosAreRead) {
  for (const auto& text : {std::string(300, 'x') + "yz", long_text()}) {
    const Picture code = decode(qr_png(text).value());
    for (const double degrees : {0.0, 90.0, 180.0, 270.0, 7.0, 45.0}) {
      for (const double scale : {0.6, 1.0, 1.7}) {
        const auto read = read_qr_image(photograph(code, degrees, scale).png());
        EXPECT_EQ(read.value_or("nothing"), text) << degrees << " degrees, scale " << scale;
      }
    }
  }
}

TEST(QrTest, TheTerminalShowsTheSameCode) {
  for (const auto& text : {std::string("A"), long_text()}) {
    const std::string shown = qr_terminal(text).value();
    EXPECT_EQ(read_qr_image(picture_of_terminal(shown).png()).value(), text);
    EXPECT_TRUE(shown.ends_with("\033[0m\n"));
  }
}

TEST(QrTest, SvgHoldsTheSameModules) {
  const std::string svg = qr_svg(long_text()).value();
  const Picture png = decode(qr_png(long_text()).value());
  int side = 0;
  ASSERT_EQ(std::sscanf(svg.substr(svg.find("viewBox")).c_str(), "viewBox=\"0 0 %d", &side), 1);
  const int pixels = png.side / side;
  Picture drawn{side, Bytes(static_cast<std::size_t>(side * side), 255)};
  auto at = svg.find("<path d=\"") + 9;
  int column = 0;
  int row = 0;
  int width = 0;
  int length = 0;
  while (std::sscanf(svg.c_str() + at, "M%d %dh%dv1h-%*dz%n", &column, &row, &width, &length) == 3) {
    for (int i = 0; i < width; ++i) drawn.pixels[static_cast<std::size_t>(row * side + column + i)] = 0;
    at += static_cast<std::size_t>(length);
  }
  EXPECT_EQ(svg.substr(at), "\"/></svg>\n");
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) ASSERT_EQ(drawn.at(y, x), png.at(y * pixels, x * pixels));
  }
}

TEST(QrTest, ShortUrisFitTheUsualTerminal) {
  const std::string shown = qr_terminal(std::string(400, 'a')).value();
  EXPECT_LE(picture_of_terminal(shown).side / 6, 80);
}

TEST(QrTest, EmptyAndEndlessTextsAreRefused) {
  for (const auto& text : {std::string(), std::string(2'954, 'a'), std::string(10'000'000, 'a')}) {
    EXPECT_EQ(qr_terminal(text).error().code, ErrorCode::kInputRefused);
    EXPECT_EQ(qr_png(text).error().code, ErrorCode::kInputRefused);
    EXPECT_EQ(qr_svg(text).error().code, ErrorCode::kInputRefused);
  }
  EXPECT_TRUE(qr_png(std::string(2'953, 'a')));
}

TEST(QrTest, PicturesWithoutACodeAreRefusedWithWhatToDo) {
  const Picture blank{100, Bytes(10'000, 255)};
  const auto read = read_qr_image(blank.png());
  EXPECT_EQ(read.error().code, ErrorCode::kInputRefused);
  EXPECT_FALSE(read.error().next_step.empty());
  Picture noise{300, Bytes(90'000)};
  std::uint32_t state = 1;
  for (auto& pixel : noise.pixels) pixel = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(read_qr_image(noise.png()).error().code, ErrorCode::kInputRefused);
}

TEST(QrTest, OtherAndDamagedFilesAreRefused) {
  EXPECT_EQ(read_qr_image({}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(read_qr_image(base::as_bytes("\xff\xd8\xff\xe0 a JPEG")).error().code, ErrorCode::kInputRefused);
  const Bytes png = qr_png("text").value();
  EXPECT_EQ(read_qr_image(ByteView(png).first(png.size() / 2)).error().code, ErrorCode::kInputRefused);
}

TEST(QrTest, HugePicturesAreRefusedBeforeTheyAreUnpacked) {
  const Bytes huge = Picture{8'193, Bytes(std::size_t{8'193} * 8'193, 255)}.png();
  EXPECT_LT(huge.size(), 1'000'000U);
  EXPECT_NE(read_qr_image(huge).error().message.find("8192"), std::string::npos);
  EXPECT_EQ(read_qr_image(Bytes(base::limits::kImageSizeMax + 1)).error().code, ErrorCode::kInputRefused);
}

}  // namespace
}  // namespace glucoledger::keys
