"""A small table to try at one click: invented animals, with text and with gaps."""

EXAMPLE = """\
weight (kg),length (cm),ears (cm),colour,kind
2.8,41,11.4,black,rabbit
3.0,38,11.2,grey,rabbit
5.3,50,5.9,brown,cat
3.4,,11.1,white,rabbit
1.0,37,12.6,grey,rabbit
18.5,91,15.4,black,dog
4.3,45,7.7,grey,cat
2.6,38,10.9,white,rabbit
5.1,38,6.3,white,cat
4.0,48,6.4,white,cat
11.8,94,9.3,white,dog
24.9,89,,black,dog
17.3,56,6.7,grey,dog
4.6,40,6.6,black,cat
2.4,43,11.3,white,rabbit
20.2,80,11.1,black,dog
3.0,46,6.0,black,cat
5.8,47,6.8,grey,cat
2.7,40,9.6,grey,rabbit
16.4,80,12.0,grey,dog
2.6,38,10.7,,rabbit
4.3,49,7.0,black,cat
9.8,99,9.8,brown,dog
3.9,44,6.0,grey,cat
15.5,76,11.4,brown,dog
33.4,78,8.1,grey,dog
3.3,55,5.4,white,cat
4.0,45,7.5,grey,cat
16.7,95,8.8,white,dog
20.1,82,12.8,grey,dog
10.6,80,9.1,brown,dog
8.6,59,8.9,black,dog
2.6,42,13.0,brown,rabbit
1.4,45,10.8,white,rabbit
2.4,34,11.5,black,rabbit
3.3,50,6.6,white,cat
4.2,42,6.1,grey,cat
3.2,46,6.1,brown,cat
2.7,36,11.6,black,rabbit
27.5,69,8.0,brown,dog
"""
