#pragma once

#include <string>
#include <vector>

#include "ctl/style.h"

namespace appserver::ctl {

// Columns that are as wide as their widest cell. [any] Pure.
class Table {
 public:
  enum class Align { Left, Right };
  struct Column {
    std::string title;
    Align align = Align::Left;
  };
  struct Cell {
    std::string text;
    Color color = Color::None;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool is_empty() const noexcept { return rows_.empty(); }

  // Lines with their ends, cut where the screen ends; indented by two.
  [[nodiscard]] std::string text(const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace appserver::ctl
