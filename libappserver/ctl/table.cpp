#include "ctl/table.h"

#include <algorithm>

namespace appserver::ctl {
namespace {

std::string padded(std::string text, std::size_t width, Table::Align align) {
  const std::string space(width - std::min(width, text.size()), ' ');
  return align == Table::Align::Right ? space + text : text + space;
}

}  // namespace

std::string Table::text(const Style& style) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].title.size();
    for (const auto& row : rows_) {
      width = std::max(width, row[i].text.size());
    }
    widths.push_back(width);
  }
  const auto line = [&](auto&& cell_of) {
    std::string text;
    std::size_t column = 0;
    for (std::size_t i = 0; i < columns_.size() && column < style.columns; ++i) {
      const Cell cell = cell_of(i);
      const bool is_last = i + 1 == columns_.size();
      std::string shown = is_last && columns_[i].align == Align::Left
                              ? cell.text
                              : padded(cell.text, widths[i], columns_[i].align);
      shown = "  " + shown;
      shown.resize(std::min<std::size_t>(shown.size(), style.columns - column));
      column += shown.size();
      text += colored(shown, cell.color, style);
    }
    return text + "\n";
  };
  std::string text = line([&](std::size_t i) { return Cell{columns_[i].title, Color::Faint}; });
  for (const auto& row : rows_) {
    text += line([&row](std::size_t i) { return row[i]; });
  }
  return text;
}

}  // namespace appserver::ctl
