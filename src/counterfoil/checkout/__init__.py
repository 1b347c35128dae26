"""What exists before an order: catalogue, stock, tax, price rules, customers, carts."""
