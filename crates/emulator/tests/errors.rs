//! Refusals with processes behind them: their order, their bodies, and limits that hold when many start at once.
