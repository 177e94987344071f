"""How a standard says a reservation: properties in, statements out. Knows no file."""
